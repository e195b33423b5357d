/**
 * The YAML library, as far as it is used. It is handed in: this room computes only, and who reads no manifest need not load a library.
 */
export type Yaml = Pick<typeof import("yaml"), "isAlias" | "isMap" | "isScalar" | "isSeq" | "parseAllDocuments">;
