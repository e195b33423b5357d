import { basename, posix } from "node:path";
import type { Descriptor, Manifest, Platform } from "./manifest.ts";
import { machines, selects } from "./selector.ts";
import { fields, listOf, oneOf, type Shape, text } from "./shape.ts";

/** A rule of Krew or of its index, or a stricter one of this project. The lines that it returns begin with its name: `uri: …`. */
type Rule<M = Manifest> = (manifest: M) => string[];
type Either = Manifest | Descriptor;

/** The platform fields that a manifest and a descriptor share. */
const platformsOf = ({ spec }: Either): readonly Pick<Platform, "selector" | "bin">[] => spec.platforms;

const expression = fields({ key: oneOf("os", "arch"), operator: oneOf("In", "NotIn", "Exists", "DoesNotExist") }, { values: listOf(text) });
const selector = fields({}, { matchLabels: fields({}, { os: text, arch: text }), matchExpressions: listOf(expression) });

function manifestShape(version: Readonly<Record<string, Shape>>, platform: Shape): Shape {
  const words = { homepage: text, shortDescription: text, description: text };
  return fields({
    apiVersion: oneOf("krew.googlecontainertools.github.com/v1alpha2"),
    kind: oneOf("Plugin"),
    metadata: fields({ name: text }),
    spec: fields({ ...version, ...words, platforms: listOf(platform) }, { caveats: text }),
  });
}

const file = fields({ from: text, to: text });
const releaseShape = manifestShape({ version: text }, fields({ selector, uri: text, sha256: text, bin: text }, { files: listOf(file) }));
const machine = fields({ matchLabels: fields({ os: text, arch: text }) });
const descriptorShape = manifestShape({}, fields({ selector: machine, bin: text }));

/**
 * Returns every violation of a rule by a manifest, one line each. Without a violation, krew-index's own check passes, except for the
 * content of the archives. If the manifest has the wrong structure, returns only those problems.
 *
 * @param path the manifest's file, which must have the name of the plugin
 */
export function manifestProblems(value: unknown, path: string): string[] {
  const misshapen = releaseShape(value, "");
  if (misshapen.length > 0) return misshapen;
  const manifest = value as Manifest;
  // Rules on names that contain the plugin's name or version make no sense if that name or version is invalid.
  const names = [...name(manifest), ...version(manifest)];
  const named: Rule[] = names.length > 0 ? [] : [fileName(path), bin, uri];
  const rules: Rule[] = [...named, shortDescription, description, caveats, homepage, used, overlap, sha256, files];
  return [...names, ...rules.flatMap((rule) => rule(manifest))];
}

/** Like manifestProblems for plugin.yaml, which has no fields of a release. */
export function descriptorProblems(value: unknown): string[] {
  const misshapen = descriptorShape(value, "");
  if (misshapen.length > 0) return misshapen;
  const descriptor = value as Descriptor;
  const rules: Rule<Descriptor>[] = [name, shortDescription, description, caveats, homepage, used, overlap, bin];
  return rules.flatMap((rule) => rule(descriptor));
}

/** Krew accepts `^[\w-]+$`. Its index requires lower-case words joined by dashes. Windows reserves some file names. */
const name: Rule<Either> = ({ metadata }) => {
  if (/^(con|prn|aux|nul|com[1-9]|lpt[1-9])$/i.test(metadata.name)) return [`name: metadata.name is ${metadata.name}, a device of Windows`];
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(metadata.name)
    ? []
    : [`name: metadata.name is ${JSON.stringify(metadata.name)}, not lower-case words joined by dashes`];
};

const fileName =
  (path: string): Rule =>
  ({ metadata }) =>
    basename(path) === `${metadata.name}.yaml`
      ? []
      : [`file-name: ${basename(path)} must be named ${metadata.name}.yaml, after the plugin`];

/** https://semver.org, 2.0.0, after a `v`. */
const semantic = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?(\+[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?$/;

const version: Rule = ({ spec }) => (semantic.test(spec.version) ? [] : [`version: spec.version is ${spec.version}, not like v1.2.3`]);

/** `krew search` cuts it after 50 characters. Every plugin there is a kubectl plugin for Kubernetes, so those words add nothing. */
const shortDescription: Rule<Either> = ({ spec: { shortDescription: words } }) => [
  ...(/[\r\n]/.test(words) ? ["short-description: spec.shortDescription has more than one line"] : []),
  ...(words.length > 50 ? [`short-description: spec.shortDescription has ${words.length} characters, 50 are shown`] : []),
  ...(/kubectl|kubernetes|plugin/i.test(words) ? ["short-description: spec.shortDescription says that it is a plugin: all are"] : []),
];

/** Reviewers of Krew's index expect what the plugin does and what it requires. Usage belongs to the plugin's help. */
const description: Rule<Either> = (manifest) => prose("description", manifest.spec.description, manifest);
const caveats: Rule<Either> = (manifest) => prose("caveats", manifest.spec.caveats ?? "", manifest);

/** Checks that a terminal can show the text unchanged, and that it contains no command of the plugin. */
function prose(field: "description" | "caveats", words: string, { metadata }: Either): string[] {
  const lines = words.split("\n");
  const wide = lines
    .filter((line) => line.length > 80)
    .map((line) => `${field}: spec.${field} has a line of ${line.length} characters, wrap it at 80`);
  const usage = lines.some(
    (line) => /^\s*(usage|examples?):|^\s*(\$\s*)?kubectl\s/i.test(line) || line.includes(`kubectl ${metadata.name}`),
  );
  return [...wide, ...(usage ? [`${field}: spec.${field} shows how it is used, which is what its help is for`] : [])];
}

const homepage: Rule<Either> = ({ spec }) =>
  isHttps(spec.homepage) ? [] : [`homepage: spec.homepage is ${spec.homepage}, no https address`];

const used: Rule<Either> = (manifest) =>
  each(platformsOf(manifest), ({ selector }, at) =>
    machines.some((one) => selects(selector, one)) ? [] : [`selector: ${at}.selector selects nothing that Krew runs on`],
  );

const overlap: Rule<Either> = (manifest) =>
  machines.flatMap((one) => {
    const indexes = platformsOf(manifest).flatMap(({ selector }, index) => (selects(selector, one) ? [index] : []));
    return indexes.length > 1 ? [`overlap: spec.platforms ${indexes.join(" and ")} both select ${one.os}/${one.arch}`] : [];
  });

/** Krew links any `bin`. Ours must have the file name that kubectl looks for, so that the archive also works without Krew. */
const bin: Rule<Either> = (manifest) =>
  each(platformsOf(manifest), ({ selector, bin: path }, at) => {
    const fault = faultOf(path);
    if (fault) return [`bin: ${at}.bin is ${path}, which ${fault}`];
    const windows = machines.some((one) => one.os === "windows" && selects(selector, one));
    const wanted = `kubectl-${manifest.metadata.name.replaceAll("-", "_")}${windows ? ".exe" : ""}`;
    return posix.basename(path) === wanted ? [] : [`bin: ${at}.bin is ${path}, but kubectl looks for ${wanted}`];
  });

const uri: Rule = ({ spec }) =>
  each(spec.platforms, (platform, at) => [
    ...(isHttps(platform.uri) ? [] : [`uri: ${at}.uri is ${platform.uri}, no https address`]),
    ...(platform.uri.includes(spec.version) ? [] : [`uri: ${at}.uri has not the version ${spec.version} in it`]),
  ]);

const sha256: Rule = ({ spec }) =>
  each(spec.platforms, (platform, at) =>
    /^[a-f0-9]{64}$/.test(platform.sha256) ? [] : [`sha256: ${at}.sha256 is not 64 lower-case hexadecimal digits`],
  );

const files: Rule = ({ spec }) =>
  each(spec.platforms, (platform, at) =>
    each(
      platform.files ?? [],
      ({ to }, file) => {
        const fault = faultOf(to);
        return fault ? [`files: ${file}.to is ${to}, which ${fault}`] : [];
      },
      `${at}.files`,
    ),
  );

/** Returns the problem of an installation path that is not clean in the sense of Go's path/filepath. */
function faultOf(path: string): string | undefined {
  if (path.startsWith("/") || path.startsWith("\\")) return "is absolute";
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, "");
  if (clean === ".." || clean.startsWith("../")) return "leads out of the installation";
  return clean === path ? undefined : `should be written ${clean}`;
}

function each<T>(items: readonly T[], problems: (item: T, at: string) => string[], prefix = "spec.platforms"): string[] {
  return items.flatMap((item, index) => problems(item, `${prefix}[${index}]`));
}

const isHttps = (address: string) => URL.canParse(address) && new URL(address).protocol === "https:";
