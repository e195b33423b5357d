import { describe, expect, test } from "vitest";
import { readWaiting } from "../../../src/kubelet/message.ts";

const image = "myregistry.azurecr.io/app:v1";
const pull = `failed to pull and unpack image "${image}": `;
const resolve = `${pull}failed to resolve reference "${image}": `;
const token = "https://myregistry.azurecr.io/oauth2/token?scope=repository%3Aapp%3Apull&service=myregistry.azurecr.io";
const head = 'failed to do request: Head "https://myregistry.azurecr.io/v2/app/manifests/v1": ';
const anonymous = `failed to authorize: failed to fetch anonymous token: unexpected status from GET request to ${token}: 401 Unauthorized`;
const oauth = `failed to authorize: failed to fetch oauth token: unexpected status from GET request to ${token}: 401 Unauthorized`;
const post =
  "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://myregistry.azurecr.io/oauth2/token: ";
const manifest = "unexpected status from HEAD request to https://myregistry.azurecr.io/v2/app/manifests/1: ";
const denied =
  "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";

describe("readWaiting", () => {
  test.for([
    { cause: "no-login", error: resolve + anonymous, text: anonymous },
    { cause: "refused", error: resolve + oauth, text: oauth },
    { cause: "out-of-scope", error: resolve + denied, text: denied },
    { cause: "not-found", error: `rpc error: code = NotFound desc = ${resolve}${image}: not found`, text: `${image}: not found` },
    {
      cause: "other-platform",
      error: `rpc error: code = NotFound desc = ${pull}no match for platform in manifest: not found`,
      text: "no match for platform in manifest: not found",
    },
    ...[
      "dial tcp 127.77.0.2:443: connect: connection refused",
      "dial tcp: lookup nosuch.azurecr.io on 127.77.0.53:53: no such host",
      "net/http: TLS handshake timeout",
    ].map((why) => ({ cause: "unreachable", error: resolve + head + why, text: head + why })),
    {
      cause: "unreachable",
      error: `rpc error: code = DeadlineExceeded desc = ${resolve}${head}dial tcp 127.77.0.6:443: i/o timeout`,
      text: `${head}dial tcp 127.77.0.6:443: i/o timeout`,
    },
    ...[
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
      "tls: failed to verify certificate: x509: certificate is valid for myregistry.azurecr.io, not alias.azurecr.io",
      "x509: certificate has expired or is not yet valid: current time 2026-11-24T14:23:18Z is after 2025-02-01T00:00:00Z",
    ].map((why) => ({ cause: "untrusted", error: resolve + head + why, text: head + why })),
    { cause: "blocked", error: `${resolve}${post}403 Forbidden`, text: `${post}403 Forbidden` },
    { cause: "unreachable", error: `${resolve}${post}503 Service Unavailable`, text: `${post}503 Service Unavailable` },
    { cause: "blocked", error: `${resolve}${manifest}403 Forbidden`, text: `${manifest}403 Forbidden` },
    { cause: "throttled", error: `${resolve}${manifest}429 Too Many Requests`, text: `${manifest}429 Too Many Requests` },
    { cause: "unreachable", error: `${resolve}${manifest}500 Internal Server Error`, text: `${manifest}500 Internal Server Error` },
    { cause: "unreachable", error: `${resolve}${manifest}503 Service Unavailable`, text: `${manifest}503 Service Unavailable` },
    // containerd 1.6.
    {
      cause: "no-login",
      error: `${resolve}failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`,
      text: "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
    },
    {
      cause: "refused",
      error: `${resolve}failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized`,
      text: "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
    },
    ...["403 Forbidden", "429 Too Many Requests", "503 Service Unavailable"].map((status, index) => {
      const text = `pulling from host myregistry.azurecr.io failed with status code [manifests v1]: ${status}`;
      return { cause: ["blocked", "throttled", "unreachable"][index], error: resolve + text, text };
    }),
    { cause: "unreachable", error: `${resolve}${head}Bad Gateway`, text: `${head}Bad Gateway` },
    { cause: "node-limit", error: "pull QPS exceeded", text: "pull QPS exceeded" },
    ...(
      [
        [
          "node-disk-full",
          "",
          "failed to copy: write /var/lib/containerd/io.containerd.content.v1.content/ingest/1/data: no space left on device",
        ],
        [
          "node-content",
          "FailedPrecondition",
          `failed commit on ref "layer-sha256:1": unexpected commit digest sha256:2, expected sha256:1: failed precondition`,
        ],
        ["node-interrupted", "", "failed to copy: read tcp 10.0.0.4:41234->20.60.1.2:443: read: connection reset by peer"],
        ["node-interrupted", "DeadlineExceeded", "failed to copy: context deadline exceeded"],
      ] as const
    ).map(([cause, code, text]) => ({ cause, error: `${code && `rpc error: code = ${code} desc = `}${pull}${text}`, text })),
    {
      cause: "private-host",
      error: `${resolve}${head}tls: failed to verify certificate: x509: certificate is valid for *.azurecr.io, not myregistry.privatelink.azurecr.io`,
      text: `${head}tls: failed to verify certificate: x509: certificate is valid for *.azurecr.io, not myregistry.privatelink.azurecr.io`,
    },
    { cause: "unknown", error: "an unknown error", text: "an unknown error" },
  ])("reports $cause for: $text", ({ cause, error, text }) => {
    const failures = [{ cause, text }];

    expect(readWaiting({ reason: "ErrImagePull", message: error })).toEqual(failures);
    expect(readWaiting({ reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": ErrImagePull: ${error}` })).toEqual(
      failures,
    );
  });

  test("returns the failures of several logins in order", () => {
    const notFound = `rpc error: code = NotFound desc = ${resolve}${image}: not found`;
    const failures = readWaiting({ reason: "ErrImagePull", message: `[${resolve}${oauth}, ${resolve}${denied}, ${notFound}]` });

    expect(failures.map(({ cause }) => cause)).toEqual(["refused", "out-of-scope", "not-found"]);
    expect(failures[1]?.text).toBe(denied);
  });
});

describe("a malformed Secret", () => {
  test.for([
    "illegal base64 data at input byte 0",
    "unable to parse auth field, must be formatted as base64(username:password)",
    "json: cannot unmarshal string into Go struct field DockerConfigJSON.auths of type credentialprovider.DockerConfig",
    "json: cannot unmarshal string into Go struct field DockerConfigJSON.auths of type credentialprovider.dockerConfigEntryWithAuth",
  ])("is reported for: %s", (text) => {
    const failures = [{ cause: "malformed-secret", text }];

    expect(readWaiting({ reason: text, message: text })).toEqual(failures);
  });
});

test.for([
  { reason: "ErrImageNeverPull", message: `Container image "${image}" is not present with pull policy of Never`, cause: "never-pulled" },
  {
    reason: "InvalidImageName",
    message:
      'Failed to apply default image tag "x.io/App": couldn\'t parse image name "x.io/App": invalid reference format: repository name (App) must be lowercase',
    cause: "invalid-image",
  },
])("reports $cause for $reason", ({ reason, message, cause }) => {
  expect(readWaiting({ reason, message })).toEqual([{ cause, text: message }]);
});

test.for([
  { reason: "ContainerCreating" },
  { reason: "PodInitializing" },
  { reason: "CrashLoopBackOff", message: "back-off 1m20s restarting failed container=app pod=app_demo(1)" },
  { reason: "CreateContainerConfigError", message: 'secret "acr" not found' },
  {},
])("reports no failure for $reason", (waiting) => {
  expect(readWaiting(waiting)).toEqual([]);
});

describe("similar text", () => {
  test.for([
    { message: "[one] and more", text: "[one] and more" },
    { message: "more [one]", text: "more [one]" },
    { message: `said: Back-off pulling image "x": y`, text: `said: Back-off pulling image "x": y` },
    { message: "said: rpc error: code = Unknown desc = y", text: "said: rpc error: code = Unknown desc = y" },
    { message: `said: failed to pull and unpack image "x": y`, text: `said: failed to pull and unpack image "x": y` },
    { message: `said: failed to resolve reference "x": y`, text: `said: failed to resolve reference "x": y` },
    { message: "x: not found here", text: "x: not found here" },
  ])("is an unknown cause: $message", ({ message, text }) => {
    expect(readWaiting({ reason: "ErrImagePull", message })).toEqual([{ cause: "unknown", text }]);
  });

  test("accepts a back-off without ErrImagePull", () => {
    expect(readWaiting({ reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": why` })).toEqual([
      { cause: "unknown", text: "why" },
    ]);
    for (const message of [undefined, `Back-off pulling image "${image}"`])
      expect(readWaiting({ reason: "ImagePullBackOff", ...(message && { message }) })).toEqual([{ cause: "unknown", text: "" }]);
  });

  test("parses an error of several lines", () => {
    const text = "x509: one\ntwo: three";

    expect(readWaiting({ reason: "ErrImagePull", message: text })).toEqual([{ cause: "untrusted", text }]);
    expect(readWaiting({ reason: "json: one\ntwo" })).toEqual([{ cause: "malformed-secret", text: "json: one\ntwo" }]);
  });

  test("accepts ErrImageNeverPull without a message", () => {
    expect(readWaiting({ reason: "ErrImageNeverPull" })).toEqual([{ cause: "never-pulled", text: "" }]);
  });
});

test("reads a long message in little time", () => {
  const message = "failed to fetch anonymous token".repeat(10_000);
  const start = performance.now();

  expect(readWaiting({ reason: "ErrImagePull", message })).toMatchObject([{ cause: "unknown" }]);
  expect(performance.now() - start).toBeLessThan(2000);
});
