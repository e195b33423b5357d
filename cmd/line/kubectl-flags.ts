import { parseTimeout } from "../../src/duration.ts";
import { usage } from "../../src/errors.ts";
import { kubectl } from "../../src/hint.ts";
import type { forwardedNames } from "../head-start.ts";
import { type Flag, type Flags, under } from "./flags.ts";
import { clusters, contexts, namespaces, users } from "./known.ts";

/** Returns the row of a flag with a text. kubectl ignores an empty one. */
function text(value: string, describe: string, complete?: Flag["complete"]): Flag {
  return { type: "string", empty: "absent", complete, value, describe };
}

function repeated(value: string, describe: string): Flag {
  return { type: "repeated", empty: "kept", value, describe };
}

/**
 * Global flags of kubectl that are passed on to it unchanged (1.37: cli-runtime genericclioptions/config_flags.go, klog, and kubectl's root
 * command).
 */
export const forwarded = {
  ...under("Cluster", {
    context: text("NAME", "Context of the kubeconfig", contexts),
    cluster: text("NAME", "Cluster of the kubeconfig", clusters),
    user: text("NAME", "User of the kubeconfig", users),
    kubeconfig: text("FILE", "Kubeconfig file to use", "files"),
    kuberc: text("FILE", "Preferences of kubectl, such as which credential plugins may run", "files"),
    server: { ...text("URL", "Address and port of the API server"), short: "s" },
  }),
  ...under("Sign-in to the cluster", {
    as: text("USER", "User or ServiceAccount to impersonate"),
    "as-group": repeated("GROUP", "Group to impersonate"),
    "as-uid": text("UID", "UID to impersonate"),
    "as-user-extra": repeated("KEY=VALUE", "Extra field of the user to impersonate"),
    token: text("TOKEN", "Bearer token for the API server"),
    "client-certificate": text("FILE", "Client certificate for TLS", "files"),
    "client-key": text("FILE", "Client key for TLS", "files"),
  }),
  ...under("Connection to the cluster", {
    "certificate-authority": text("FILE", "Certificate of the certificate authority", "files"),
    "tls-server-name": text("NAME", "Name to expect in the server's certificate"),
    "insecure-skip-tls-verify": { type: "boolean", describe: "Don't check the server's certificate. The connection is insecure" },
    "proxy-url": text("URL", "Proxy for requests to the API server"),
    "disable-compression": { type: "boolean", describe: "Don't compress responses of the API server" },
    "cache-dir": text("DIR", "Cache folder of kubectl", "folders"),
    "match-server-version": { type: "boolean", describe: "Require that the server has the version of kubectl" },
  }),
  ...under("Logs of kubectl", {
    "log-flush-frequency": text("SECONDS", "Maximum time between log flushes"),
    vmodule: text("PATTERN=N,...", "Log levels of source files"),
  }),
} as const satisfies Readonly<Record<(typeof forwardedNames)[number], Flag>>;

/** Global flags that the plugin reads itself. */
export const ours = under("Other", {
  namespace: {
    type: "string",
    short: "n",
    empty: "absent",
    complete: namespaces,
    value: "NAME",
    describe: "Namespace",
    fallback: "the context's",
  },
  "request-timeout": {
    type: "string",
    default: "0",
    empty: "absent",
    refuse: (value) => (parseTimeout(value) === undefined ? usage(notATimeout) : undefined),
    value: "DURATION",
    describe: "Timeout of each request to the API server, such as 30s or 2m",
    fallback: "no timeout",
  },
  v: {
    type: "string",
    short: "v",
    default: "0",
    empty: "kept",
    refuse: (value) => (/^[+-]?\d{1,9}$/.test(value) ? undefined : notANumber(value)),
    value: "LEVEL",
    describe: "Log level: 6 shows requests, 8 also their bodies without secrets",
  },
  "warnings-as-errors": { type: "boolean", describe: "Fail if the server sends a warning" },
  help: { type: "boolean", short: "h", describe: "Show the help of a command" },
  version: { type: "boolean", describe: "Print the version of the plugin" },
});

const notATimeout =
  "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)";

const notANumber = (value: string) =>
  usage(`invalid argument ${JSON.stringify(value)} for "-v, --v" flag: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);

const measuresKubectl = () =>
  usage("--profile and --profile-output are not supported: they measure kubectl itself", kubectl("version", "--profile=cpu"));

/** Returns the row of a flag that exists only to be rejected with a reason. */
const rejected = (empty: Flag["empty"], refuse: Flag["refuse"]): Flag => {
  return { type: "string", empty, refuse, hidden: true, describe: "Not supported" };
};

/** Global flags of kubectl that are not supported. `create` has its own --username. */
const refused = {
  password: rejected("kept", () =>
    usage(
      "--password is not supported: other users of this machine can read a command line",
      "kubectl acr-secret create --registry REGISTRY --username USER --password-stdin < FILE",
    ),
  ),
  username: rejected("kept", () => usage("--username is not supported by API servers since Kubernetes 1.19")),
  profile: rejected("absent", (value) => (value === "none" ? undefined : measuresKubectl())),
  "profile-output": rejected("absent", measuresKubectl),
} as const satisfies Flags;

export const global = { ...forwarded, ...ours, ...refused } as const satisfies Flags;
