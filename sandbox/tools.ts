/** Programs of the sandbox, by the Go module below sandbox/tools that builds them. */
export type Module = {
  readonly name: string;
  /** The required module whose version is the version of the programs. */
  readonly of: string;
  readonly packages: Readonly<Record<string, string>>;
  /** Linker variables that set the version that the programs print. */
  stamps(version: string): Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

export type Program =
  | keyof typeof kubernetes
  | keyof typeof registry
  | keyof typeof krew
  | keyof typeof pause
  | keyof typeof oras
  | keyof typeof cosign
  | keyof typeof windows
  | keyof typeof workflows
  | keyof typeof encryption
  | keyof typeof credentialProvider
  | keyof typeof prose
  | keyof typeof reader;

const kubernetes = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  kubelet: "k8s.io/kubernetes/cmd/kubelet",
} as const;

const registry = {
  registry: "acr-secret/sandbox/tools/registry/registry",
  crane: "github.com/google/go-containerregistry/cmd/crane",
} as const;

const krew = {
  krew: "sigs.k8s.io/krew/cmd/krew",
  "validate-krew-manifest": "sigs.k8s.io/krew/cmd/validate-krew-manifest",
} as const;

const oras = { oras: "oras.land/oras/cmd/oras" } as const;

const cosign = { cosign: "github.com/sigstore/cosign/v3/cmd/cosign" } as const;

const workflows = { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" } as const;

const encryption = {
  age: "filippo.io/age/cmd/age",
  "age-keygen": "filippo.io/age/cmd/age-keygen",
  sops: "github.com/getsops/sops/v3/cmd/sops",
  kubeseal: "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal",
  "sealed-secrets-controller": "github.com/bitnami-labs/sealed-secrets/cmd/controller",
} as const;

const prose = { vale: "github.com/errata-ai/vale/v3/cmd/vale" } as const;

/** Azure's credential provider for the kubelet. */
const credentialProvider = { "acr-credential-provider": "sigs.k8s.io/cloud-provider-azure/cmd/acr-credential-provider" } as const;

/** Programs for Windows. */
const windows = { "kubectl.exe": "k8s.io/kubernetes/cmd/kubectl" } as const;

const pause = { pause: "acr-secret/sandbox/tools/pause" } as const;

/** Prints how Kubernetes reads a text. */
const reader = { "kubernetes-reader": "acr-secret/sandbox/tools/kubernetes-1.37/kubernetes-reader" } as const;

/** Programs for a control plane, a registry, a node, and the checks of the Krew index. */
export const controlPlanePrograms = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const satisfies Program[];
export const registryPrograms = ["registry", "crane"] as const satisfies Program[];
export const nodePrograms = ["kubelet", "kube-scheduler", "pause"] as const satisfies Program[];
export const krewPrograms = ["krew", "validate-krew-manifest"] as const satisfies Program[];
/** Clients of registries, to compare the plugin with. */
export const clientPrograms = ["crane", "oras"] as const satisfies Program[];
/** The program that checks the workflows. */
export const workflowPrograms = ["actionlint"] as const satisfies Program[];
/** The program that checks the words of pages, messages and comments. Needs a C compiler. */
export const prosePrograms = ["vale"] as const satisfies Program[];
/** The program that the kubelet runs for a login without a pull secret. */
export const secretlessPrograms = ["acr-credential-provider"] as const satisfies Program[];
/** The program with which the plugin's parsers are compared. */
export const readerPrograms = ["kubernetes-reader"] as const satisfies Program[];
export const windowsPrograms = ["kubectl.exe"] as const satisfies Program[];
/** Programs that encrypt the Secrets that `create --export` prints. */
export const encryptionPrograms = Object.keys(encryption) as (keyof typeof encryption)[];
/** Programs that sign a release and verify the signature. */
export const signingPrograms = ["cosign"] as const satisfies Program[];

function versionOfKubernetes(version: string): Readonly<Record<string, string>> {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  // component-base's variable is for `version`, client-go's is for the User-Agent.
  return Object.fromEntries(
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) =>
      Object.entries(variables).map(([name, value]) => [`${path}.${name}`, value]),
    ),
  );
}

const modules: readonly Module[] = [
  {
    name: "kubernetes-1.37",
    of: "k8s.io/kubernetes",
    packages: kubernetes,
    stamps: versionOfKubernetes,
  },
  {
    name: "registry",
    of: "github.com/distribution/distribution/v3",
    packages: registry,
    stamps: (version) => ({ "github.com/distribution/distribution/v3/version.version": version }),
  },
  {
    name: "krew",
    of: "sigs.k8s.io/krew",
    packages: krew,
    stamps: (version) => ({ "sigs.k8s.io/krew/internal/version.gitTag": version }),
  },
  { name: "pause", of: "", packages: pause, stamps: () => ({}), env: { CGO_ENABLED: "0" } },
];

/**
 * Modules whose programs share one folder, which is rebuilt when one of the modules changes. Programs that few tests use have a separate
 * folder.
 */
export const groups: readonly (readonly Module[])[] = [
  modules,
  [{ name: "oras", of: "oras.land/oras", packages: oras, stamps: () => ({}), env: { CGO_ENABLED: "0" } }],
  [
    {
      name: "cosign",
      of: "github.com/sigstore/cosign/v3",
      packages: cosign,
      stamps: (version) => ({ "sigs.k8s.io/release-utils/version.gitVersion": version }),
      env: { CGO_ENABLED: "0" },
    },
  ],
  [
    {
      name: "kubernetes-1.37",
      of: "k8s.io/kubernetes",
      packages: windows,
      stamps: versionOfKubernetes,
      env: { GOOS: "windows", GOARCH: "amd64", CGO_ENABLED: "0" },
    },
  ],
  [{ name: "kubernetes-1.37", of: "k8s.io/kubernetes", packages: reader, stamps: () => ({}), env: { CGO_ENABLED: "0" } }],
  [{ name: "actionlint", of: "github.com/rhysd/actionlint", packages: workflows, stamps: () => ({}) }],
  [
    {
      name: "age",
      of: "filippo.io/age",
      packages: { age: encryption.age, "age-keygen": encryption["age-keygen"] },
      stamps: (version) => ({ "main.Version": version }),
    },
    { name: "sops", of: "github.com/getsops/sops/v3", packages: { sops: encryption.sops }, stamps: () => ({}) },
    {
      name: "sealed-secrets",
      of: "github.com/bitnami-labs/sealed-secrets",
      packages: { kubeseal: encryption.kubeseal, "sealed-secrets-controller": encryption["sealed-secrets-controller"] },
      stamps: (version) => ({ "main.VERSION": version }),
      env: { CGO_ENABLED: "0" },
    },
  ],
  [
    {
      name: "credential-provider",
      of: "sigs.k8s.io/cloud-provider-azure",
      packages: credentialProvider,
      stamps: (version) => ({ "k8s.io/component-base/version.gitVersion": version }),
      env: { CGO_ENABLED: "0" },
    },
  ],
  [{ name: "vale", of: "github.com/errata-ai/vale/v3", packages: prose, stamps: (version) => ({ "main.version": version }) }],
];
