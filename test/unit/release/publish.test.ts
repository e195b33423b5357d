import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { guardedFolder } from "../../../sandbox/guard.ts";
import { destinations } from "../../../scripts/release/destinations.ts";
import { releaseIn } from "../../../scripts/release/files.ts";
import { take } from "../../../scripts/release/take.ts";

const dist = await guardedFolder("acr-secret-dist-");
afterAll(() => dist.remove());

const archive = "kubectl-acr_secret-v0.2.0-linux-amd64.tar.gz";
const layout = "kubectl-acr-secret-image-v0.2.0";
await mkdir(join(dist.path, layout));
for (const name of [archive, `${layout}/index.json`]) await writeFile(join(dist.path, name), name);

const release = releaseIn(dist.path, [archive], { version: "0.2.0", imageName: "ghcr.io/o/r" });
const sha256 = (name: string) => `sha256:${createHash("sha256").update(name).digest("hex")}`;

/**
 * Publishes the release with programs that record their arguments.
 *
 * @param published what the programs print, by a word of the question
 * @returns the commands that changed something
 */
async function publish(place: string, published: Readonly<Record<string, string>>): Promise<string[]> {
  const bin = await guardedFolder("acr-secret-bin-");
  onTestFinished(() => bin.remove());
  const log = join(bin.path, "log");
  await writeFile(log, "");
  const answers = Object.entries(published).map(([question, answer]) => `*${JSON.stringify(question)}*) echo '${answer}' ;;`);
  const questions = '*" view "*|*" digest "*) case "$*" in';
  const script = `#!/bin/sh\ncase " $* " in ${questions} ${answers.join(" ")} *) exit 1 ;; esac ;; *) echo "\${0##*/} $*" >>'${log}' ;; esac\n`;
  for (const program of ["gh", "crane"]) await writeFile(join(bin.path, program), script, { mode: 0o755 });
  const commands = async () => (await readFile(log, "utf8")).replaceAll(`${dist.path}/`, "").split("\n").filter(Boolean);
  try {
    for (const step of destinations[place]?.steps(release) ?? []) await take(step, { PATH: `${bin.path}:${process.env["PATH"]}` });
  } catch (error) {
    throw Object.assign(error as Error, { commands: await commands() });
  }
  return commands();
}

describe("github", () => {
  const draft = { "release view v0.2.0": "title: v0.2.0" };
  const make = "gh release edit v0.2.0 --draft=false";

  test("creates a draft, uploads its files, then publishes it", async () => {
    const commands = await publish("github", {});

    expect(commands.map((command) => command.split(" ").slice(0, 3).join(" "))).toEqual([
      "gh release create",
      "gh release upload",
      "gh release edit",
    ]);
    expect(commands[0]).toContain("--draft");
    expect(commands.at(-1)).toBe(make);
  });

  test("skips a file that the release has with the same digest", async () => {
    expect(await publish("github", { [archive]: sha256(archive), ...draft })).toEqual([make]);
  });

  test("fails when the release has another file of that name, and replaces nothing", async () => {
    await expect(publish("github", { [archive]: sha256("another file"), ...draft })).rejects.toMatchObject({
      message: expect.stringContaining(`${archive}: another file is already published`),
      commands: [],
    });
  });
});

describe("image", () => {
  const digest = "digest ghcr.io/o/r:0.2.0";
  const tag = "crane tag ghcr.io/o/r:0.2.0 latest";

  test("pushes an image that is not published", async () => {
    expect(await publish("image", {})).toEqual([`crane push --index ${layout} ghcr.io/o/r:0.2.0`, tag]);
  });

  test("skips an image that is published with the same digest", async () => {
    expect(await publish("image", { [digest]: sha256(`${layout}/index.json`) })).toEqual([tag]);
  });

  test("fails when another image has the tag", async () => {
    await expect(publish("image", { [digest]: sha256("another image") })).rejects.toMatchObject({ commands: [] });
  });
});
