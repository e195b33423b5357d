import * as yaml from "js-yaml";
import { day } from "../../src/duration.ts";
import type { DesiredFile, Entry } from "../../src/file/entry.ts";
import { readFiles } from "../../src/file/read.ts";

/** A file with all keys. */
export const wholeFile = `# yaml-language-server: $schema=acr-secret-file-v1.json
name: teams
namespace: platform
registry: myregistry
restart: none
pullSecrets:
  - name: acr-blue
    namespace: platform
    copyTo: {selector: "team=blue,tier in (a, b),!old"}
    repositories: [blue/*, base/*]
    serviceAccounts: [default, "ci-*"]
    credential: service-principal
    expiresIn: 90d
    rotate: {olderThan: 60d, grace: 12h}
    restart: stuck
  - name: acr
    eachOf: {names: [web, team-*]}
    registry: other.azurecr.io
    repositories:
      - base/*
`;

/** What `teams.yaml` says of one Secret, at line 4. */
export const entry: Entry = {
  at: "teams.yaml:4",
  name: "acr",
  registry: "myregistry",
  sources: { namespace: "web" },
  copyTo: undefined,
  repositories: ["web/*"],
  serviceAccounts: [],
  credential: "acr-token",
  expiresIn: 90 * day,
  olderThan: undefined,
  grace: day,
  restart: "stuck",
};

/** Reads one file, `teams.yaml`. */
export const readOne = (text: string): readonly DesiredFile[] => readFiles([{ path: "teams.yaml", text }], yaml);

/** Reads files, each with its path. */
export const readSeveral = (texts: Readonly<Record<string, string>>): readonly DesiredFile[] =>
  readFiles(
    Object.entries(texts).map(([path, text]) => ({ path, text })),
    yaml,
  );
