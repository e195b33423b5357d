import { fileForm } from "../../src/file/keys.ts";

/** The JSON Schema of a file of desired state, as a file of the documentation. */
export const fileSchemaPath = "docs/schema/acr-secret-file-v1.json";

/** Returns the text of the schema. Editors support draft 7. */
export function fileSchema(): string {
  const head = {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: `https://github.com/kubectl-acr-secret/kubectl-acr-secret/blob/main/${fileSchemaPath}`,
    title: "acr-secret-file/v1: a file of kubectl acr-secret apply",
    description: "Which pull secrets exist, which namespaces have them and what they can pull.",
  };
  return `${JSON.stringify({ ...head, ...fileForm.schema }, null, 2)}\n`;
}
