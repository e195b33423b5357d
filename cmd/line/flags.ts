/** One flag of a verb, as data: the parser, the help, the completion and the docs read the same row. */
export type Flag = {
  readonly type: "string" | "strings" | "boolean";
  readonly short?: string;
  /** What a flag means that is given without its value: `--dry-run`. */
  readonly bare?: string;
  readonly default?: string | boolean;
  readonly choices?: readonly string[];
  readonly describe: string;
};

export type Flags = Readonly<Record<string, Flag>>;

/** What a command line said for the flags `F`: of a flag with choices one of these, and of one with a default never nothing. */
export type Values<F extends Flags> = { readonly [K in keyof F]: ValueOf<F[K]> };

type ValueOf<R> = R extends { readonly type: "boolean" }
  ? boolean
  : R extends { readonly type: "strings" }
    ? readonly string[]
    : (R extends { readonly choices: readonly (infer C)[] } ? C : string) | (R extends { readonly default: string } ? never : undefined);

/** Global flags of kubectl that are handed on to it as they are (cli-runtime genericclioptions/config_flags.go). */
export const forwarded = {
  as: {
    type: "string",
    describe: "Username to impersonate for the operation. User could be a regular user or a service account in a namespace.",
  },
  "as-group": {
    type: "strings",
    describe: "Group to impersonate for the operation, this flag can be repeated to specify multiple groups.",
  },
  "as-uid": { type: "string", describe: "UID to impersonate for the operation." },
  "as-user-extra": {
    type: "strings",
    describe: "User extras to impersonate for the operation, this flag can be repeated to specify multiple values.",
  },
  "cache-dir": { type: "string", describe: "Default cache directory" },
  "certificate-authority": { type: "string", describe: "Path to a cert file for the certificate authority" },
  "client-certificate": { type: "string", describe: "Path to a client certificate file for TLS" },
  "client-key": { type: "string", describe: "Path to a client key file for TLS" },
  cluster: { type: "string", describe: "The name of the kubeconfig cluster to use" },
  context: { type: "string", describe: "The name of the kubeconfig context to use" },
  "disable-compression": { type: "boolean", describe: "If true, opt-out of response compression for all requests to the server" },
  "insecure-skip-tls-verify": {
    type: "boolean",
    describe: "If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure",
  },
  kubeconfig: { type: "string", describe: "Path to the kubeconfig file to use for CLI requests." },
  server: { type: "string", short: "s", describe: "The address and port of the Kubernetes API server" },
  "tls-server-name": { type: "string", describe: "Server name to use for server certificate validation." },
  token: { type: "string", describe: "Bearer token for authentication to the API server" },
  user: { type: "string", describe: "The name of the kubeconfig user to use" },
} as const satisfies Flags;

/** Global flags that we read ourselves. */
export const ours = {
  namespace: { type: "string", short: "n", describe: "If present, the namespace scope for this CLI request" },
  "request-timeout": {
    type: "string",
    default: "0",
    describe:
      "The length of time to wait before giving up on a single server request. Non-zero values should contain a unit (e.g. 1s, 2m, 3h).",
  },
  v: {
    type: "string",
    short: "v",
    default: "0",
    describe: "Number for the log level verbosity: 6 shows requests, 8 their bodies without secrets",
  },
  help: { type: "boolean", short: "h", describe: "Show what a command does and its flags" },
} as const satisfies Flags;

export const global = { ...forwarded, ...ours } as const satisfies Flags;

export const dryRun = {
  "dry-run": {
    type: "string",
    choices: ["none", "server", "client"],
    bare: "client",
    default: "none",
    describe:
      'Must be "none", "server", or "client". Client prints what would be done; server asks the API server too. Neither mints anything.',
  },
} as const satisfies Flags;

export const output = {
  output: {
    type: "string",
    short: "o",
    choices: ["json", "yaml", "name", "jsonl", "plan"],
    describe: "Output format. One of: (json, yaml, name, jsonl, plan). jsonl is a line for each outcome; plan is for --dry-run=client.",
  },
  "show-managed-fields": { type: "boolean", describe: "If true, keep the managedFields when printing objects in JSON or YAML format." },
} as const satisfies Flags;

export const targets = {
  serviceaccount: {
    type: "strings",
    bare: "default",
    describe: "A ServiceAccount that is to carry the Secret; may be repeated. Without a value: default.",
  },
  "all-serviceaccounts": { type: "boolean", describe: "Every ServiceAccount of the namespace" },
  selector: { type: "string", short: "l", describe: "ServiceAccounts with these labels (-l key1=value1,key2=value2)" },
} as const satisfies Flags;

export const fieldManager = {
  "field-manager": { type: "string", default: "kubectl-acr-secret", describe: "Name of the manager used to track field ownership." },
} as const satisfies Flags;
