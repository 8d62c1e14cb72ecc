// Texts that only the provider can read: reasoning, and contexts made short.

import { refusal } from "../words.mjs";

const HEAD = "gAAAAAB";

/** An opaque text that stands for this one. */
export const encrypt = (text) => HEAD + Buffer.from(text).toString("base64url");

/** The text that it stands for; OpenAI's error for what `encrypt` did not make. */
export function decrypt(secret) {
  if (secret.startsWith(HEAD)) return Buffer.from(secret.slice(HEAD.length), "base64url").toString("utf8");
  throw refusal(`The encrypted content ${secret.slice(0, 4)}...${secret.slice(-4)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
    null, "invalid_encrypted_content");
}
