import { describe, expect, test } from "vitest";
import { decideStart, mostListedImages, readPulled, startRules, startRulesOf } from "../../../src/kubelet/start.ts";

// test/node/start.test.ts compares these rules with a real kubelet.

type StartRules = ReturnType<typeof startRulesOf>[0];
type Starting = Parameters<typeof decideStart>[0];

const byDefault: StartRules = { ensures: true, policy: "NeverVerifyPreloadedImages", allowlist: [] };
const mine = { secret: "demo/acr/1", hash: "a" };
const other = { secret: "other/acr/2", hash: "b" };

const starting: Starting = {
  pullPolicy: "IfNotPresent",
  image: "r.azurecr.io/app/web",
  isPresent: true,
  record: { logins: [other] },
  logins: [mine],
  account: "demo/default",
  rules: byDefault,
};

type Row = {
  readonly when: string;
  readonly given: Partial<Starting>;
  readonly rule: ReturnType<typeof decideStart>["rule"];
  readonly pulls: boolean;
};

const others = Array.from({ length: 99 }, (_, index) => ({ secret: `n-${index}/acr/1`, hash: `${index}` }));
const again = { ...mine, hash: "before" };
const listed = (allowlist: readonly string[], policy = "NeverVerifyAllowlistedImages") => ({ rules: { ensures: true, policy, allowlist } });

const rows: readonly Row[] = [
  { when: "the pull policy is Always", given: { pullPolicy: "Always", record: { isOpen: true } }, rule: "always", pulls: true },
  { when: "the node does not have the image", given: { isPresent: false, record: undefined }, rule: "missing", pulls: true },
  { when: "the gate is off", given: { rules: { ...byDefault, ensures: false } }, rule: "gate-off", pulls: false },
  { when: "the policy is NeverVerify", given: { rules: { ...byDefault, policy: "NeverVerify" } }, rule: "never-verify", pulls: false },
  { when: "the image was preloaded", given: { record: undefined }, rule: "preloaded", pulls: false },
  {
    when: "it was preloaded and the policy is AlwaysVerify",
    given: { record: undefined, rules: { ...byDefault, policy: "AlwaysVerify" } },
    rule: "other",
    pulls: true,
  },
  { when: "the allowlist has the image", given: listed(["x", "r.azurecr.io/app/web"]), rule: "allowlisted", pulls: false },
  { when: "the allowlist has its path", given: listed(["r.azurecr.io/app/*"]), rule: "allowlisted", pulls: false },
  { when: "the allowlist has a part of its name", given: listed(["r.azurecr.io/app", "r.azurecr.io/ap/*"]), rule: "other", pulls: true },
  { when: "another policy ignores the allowlist", given: listed(["r.azurecr.io/*"], "AlwaysVerify"), rule: "other", pulls: true },
  {
    when: "it was preloaded and is not in the allowlist",
    given: { record: undefined, ...listed([]) },
    rule: "other",
    pulls: true,
  },
  { when: "it was once pulled without a Secret", given: { record: { isOpen: true }, logins: [] }, rule: "open", pulls: false },
  {
    when: "another Secret with the same login pulled it",
    given: { record: { logins: [{ ...other, hash: "a" }] } },
    rule: "same-login",
    pulls: false,
  },
  {
    when: "the hashes are unknown",
    given: { record: { logins: [{ ...other, hash: "" }] }, logins: [{ ...mine, hash: "" }] },
    rule: "other",
    pulls: true,
  },
  { when: "the Secret pulled it with another login", given: { record: { logins: [again] } }, rule: "same-secret", pulls: false },
  { when: "99 Secrets are recorded", given: { record: { logins: [...others.slice(1), again] } }, rule: "same-secret", pulls: false },
  { when: "100 Secrets are recorded", given: { record: { logins: [...others, again] } }, rule: "other", pulls: true },
  { when: "its ServiceAccount pulled it", given: { record: { accounts: ["demo/default"] } }, rule: "same-account", pulls: false },
  { when: "another ServiceAccount pulled it", given: { record: { accounts: ["other/default"] } }, rule: "other", pulls: true },
  { when: "another login pulled it", given: {}, rule: "other", pulls: true },
  { when: "the pod has no login", given: { logins: [] }, rule: "other", pulls: true },
];

describe("decides a start", () => {
  test.for(rows)("when $when", ({ given, rule, pulls }) => {
    const one = { ...starting, ...given };

    expect(decideStart(one, true)).toMatchObject({ starts: true, rule });
    expect(decideStart(one, false)).toEqual({ starts: !pulls, rule, needsPull: pulls });
    if (one.pullPolicy !== "Always")
      expect(decideStart({ ...one, pullPolicy: "Never" }, true)).toEqual({ starts: !pulls, rule, needsPull: pulls });
  });

  test("has a row for each rule", () => {
    expect(new Set(rows.map(({ rule }) => rule))).toEqual(new Set([...Object.keys(startRules), "other"]));
  });
});

const gateOff: StartRules = { ...byDefault, ensures: false };
const always: StartRules = { ...byDefault, policy: "AlwaysVerify" };
const config = (kubeletconfig: object) => ({ kubeletconfig });

describe("reads the rules of a kubelet", () => {
  test.for<{ version: string; configz?: object; rules: readonly StartRules[] }>([
    { version: "v1.32.9", rules: [gateOff] },
    { version: "v1.33.0", rules: [gateOff, gateOff, byDefault, always] },
    { version: "v1.34.2+k3s1", rules: [gateOff, gateOff, byDefault, always] },
    { version: "v1.35.0", rules: [byDefault, gateOff, byDefault, always] },
    { version: "strange", rules: [byDefault, gateOff, byDefault, always] },
    { version: "strange", configz: config({}), rules: [byDefault, gateOff, byDefault, always] },
    { version: "v1.32.9", configz: config({ imagePullCredentialsVerificationPolicy: "AlwaysVerify" }), rules: [gateOff] },
    { version: "v1.35.0", configz: config({}), rules: [byDefault] },
    { version: "v1.35.0", configz: {}, rules: [byDefault] },
    { version: "v1.35.0", configz: config({ imagePullCredentialsVerificationPolicy: "AlwaysVerify" }), rules: [always] },
    { version: "v1.35.0", configz: config({ featureGates: { KubeletEnsureSecretPulledImages: false } }), rules: [gateOff] },
    { version: "v1.35.0", configz: config({ featureGates: { AllBeta: false } }), rules: [gateOff] },
    { version: "v1.34.0", configz: config({ featureGates: { KubeletEnsureSecretPulledImages: true } }), rules: [byDefault] },
    { version: "v1.34.0", configz: config({ featureGates: { AllAlpha: true } }), rules: [byDefault] },
    { version: "v1.34.0", configz: config({ featureGates: { AllBeta: true } }), rules: [gateOff] },
    {
      version: "v1.37.0",
      configz: config({
        imagePullCredentialsVerificationPolicy: "NeverVerifyAllowlistedImages",
        preloadedImagesVerificationAllowlist: ["a", 1],
      }),
      rules: [{ ensures: true, policy: "NeverVerifyAllowlistedImages", allowlist: ["a"] }],
    },
  ])("of version $version with $configz", ({ version, configz, rules }) => {
    expect(startRulesOf(version, configz as never)).toEqual(rules);
  });

  test("of the images that it lists", () => {
    expect([undefined, config({}), config({ nodeStatusMaxImages: 9 }), config({ nodeStatusMaxImages: -1 })].map(mostListedImages)).toEqual([
      50,
      50,
      9,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

test.for<{ message: string; by?: "pull" | "access" }>([
  { message: 'Successfully pulled image "r/app:1" in 1.2s (1.2s including waiting). Image size: 5 bytes.', by: "pull" },
  { message: 'Container image "r/app:1" already present on machine and can be accessed by the pod', by: "access" },
  { message: 'Container image "r/app:1" already present on machine' },
  { message: 'it says: Successfully pulled image "r/app:1"' },
  { message: "" },
])("reads the Event $message", ({ message, by }) => {
  expect(readPulled(message)).toEqual(by && { image: "r/app:1", by });
});
