CREATE TYPE "Colour" AS ENUM ('RED', 'GREEN', 'dark, "blue"');
CREATE TABLE "User" (id text PRIMARY KEY, name text NOT NULL, email text UNIQUE, age int);
CREATE TABLE "Profile" (
  id serial PRIMARY KEY, bio text NOT NULL, data jsonb NOT NULL DEFAULT '{}',
  user_id text NOT NULL UNIQUE REFERENCES "User" (id) ON DELETE CASCADE
);
CREATE TABLE "Post" (
  id serial PRIMARY KEY, title text NOT NULL, published bool NOT NULL DEFAULT false, views int NOT NULL DEFAULT 0,
  author_id text REFERENCES "User" (id) ON DELETE RESTRICT
);
CREATE TABLE "Category" (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE "_CategoryToPost" (
  "A" int NOT NULL REFERENCES "Category" (id) ON DELETE CASCADE,
  "B" int NOT NULL REFERENCES "Post" (id) ON DELETE CASCADE, UNIQUE ("A", "B")
);
CREATE TABLE "Note" (
  topic text, number int, text text NOT NULL, meta jsonb NOT NULL DEFAULT '{}',
  owner_id text REFERENCES "User" (id), PRIMARY KEY (topic, number)
);
CREATE TABLE "Document" (
  id serial PRIMARY KEY, name text NOT NULL, body jsonb NOT NULL DEFAULT '{}', extra jsonb,
  history jsonb[], key jsonb NOT NULL UNIQUE DEFAULT '0',
  parent_id int REFERENCES "Document" (id)
);
CREATE TABLE "Everything" (
  id serial PRIMARY KEY, text text, flag bool, small int, big bigint, real float8, exact decimal(65, 30),
  moment timestamp(3), instant timestamptz(3), day date, clock time(3), blob bytea, colour "Colour", uuid uuid,
  texts text[], flags bool[], smalls int[], bigs bigint[], reals float8[], exacts decimal(65, 30)[],
  moments timestamp(3)[], instants timestamptz(3)[], blobs bytea[], colours "Colour"[]
);
