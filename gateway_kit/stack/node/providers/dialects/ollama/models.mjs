// Ollama's questions about models: which there are, what one can do, and the server's version.

export function listModels(simulator, exchange) {
  const models = simulator.profiles.namesOf("ollama").map((name) => ({
    name: `${name}:latest`, model: `${name}:latest`, size: 0, digest: "", details: {},
  }));
  exchange.json(200, { models });
}

export const version = (_simulator, exchange) => exchange.json(200, { version: "0.12.0" });

export function show(simulator, exchange, _route, body) {
  const name = body.model ?? body.name;
  const row = simulator.profiles.find("ollama", String(name), "chat") ?? simulator.findModel(exchange, name, "embedding");
  exchange.json(200, {
    modelfile: `FROM ${row.model}`,
    template: "{{ if .Tools }}{{ .Tools }}{{ end }}{{ .Prompt }}",
    details: { family: row.model, format: "gguf", parameter_size: "", quantization_level: "" },
    model_info: { "general.architecture": "llama", "llama.context_length": row.context_window },
    capabilities: row.kind === "chat" ? ["completion", "tools"] : ["embedding"],
  });
}
