import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shims } from "../../../cmd/completion.ts";
import { machinePrograms, type Programs } from "../../../cmd/programs.ts";
import { type } from "../../support/in-process.ts";
import { newFolder } from "../../support/new-folder.ts";

/** The completion program of earlier versions. */
const older = '#!/bin/sh\nexec kubectl acr-secret __complete "$@"\n';
const { name, text } = shims.posix;

/** Creates a user with two folders on PATH and one that is not. The first folder contains the plugin. */
async function person(but: Partial<Programs> = {}) {
  const home = await newFolder();
  const [bin, local, other] = [join(home, "bin"), join(home, "local"), join(home, "other")];
  for (const folder of [bin, local, other]) await mkdir(folder);
  await writeFile(join(bin, "kubectl-acr_secret"), "");
  await chmod(join(bin, "kubectl-acr_secret"), 0o755);
  const programs = { ...machinePrograms({ PATH: `.:${bin}:${local}` }, "linux"), ...but };
  const typed = async (line: string) => {
    const { stdout, stderr, code } = await type(line.replaceAll("~", home), { programs });
    return { stdout: stdout.replaceAll(home, "~"), stderr: stderr.replaceAll(home, "~"), code };
  };
  return { home, bin, local, typed };
}

const hint = "hint: Tab needs kubectl's own completion in your shell:\n  kubectl completion --help\n";

test("installs the program next to the plugin, changes nothing in a second run, and uninstalls it", async () => {
  const { bin, typed } = await person();

  expect(await typed("completion install")).toEqual({ stdout: `~/bin/${name} created\n`, stderr: hint, code: 0 });
  expect(await readFile(join(bin, name), "utf8")).toBe(text);
  expect((await stat(join(bin, name))).mode & 0o777).toBe(0o755);
  expect(await typed("completion install")).toEqual({ stdout: `~/bin/${name} unchanged\n`, stderr: "", code: 0 });
  expect(await typed("completion uninstall")).toEqual({ stdout: `~/bin/${name} deleted\n`, stderr: "", code: 0 });
  expect(await typed("completion uninstall")).toEqual({ stdout: `${name} not found\n`, stderr: "", code: 0 });
  expect(await readdir(bin)).toEqual(["kubectl-acr_secret"]);
});

test("installs the program in another folder of PATH that --dir names, and uninstalls it", async () => {
  const { home, local, typed } = await person();
  await symlink(local, join(home, "link"));

  expect(await typed("completion install --dir ~/link")).toMatchObject({ stdout: `~/link/${name} created\n`, code: 0 });
  expect(await readFile(join(local, name), "utf8")).toBe(text);
  expect(await typed("completion uninstall")).toMatchObject({ stdout: `~/local/${name} deleted\n` });
});

test("writes nothing when --dry-run", async () => {
  const { bin, typed } = await person();

  expect(await typed("completion install --dry-run")).toMatchObject({ stdout: `~/bin/${name} created (dry run)\n` });
  await writeFile(join(bin, name), older);
  await chmod(join(bin, name), 0o755);
  expect(await typed("completion install --dry-run=client")).toMatchObject({ stdout: `~/bin/${name} configured (dry run)\n` });
  expect(await typed("completion uninstall --dry-run")).toMatchObject({ stdout: `~/bin/${name} deleted (dry run)\n` });
  expect(await readFile(join(bin, name), "utf8")).toBe(older);
});

test("overwrites the program of another version", async () => {
  const { bin, typed } = await person();
  await writeFile(join(bin, name), older);

  expect(await typed("completion install")).toEqual({ stdout: `~/bin/${name} configured\n`, stderr: hint, code: 0 });
  expect((await stat(join(bin, name))).mode & 0o777).toBe(0o755);
  expect(await readdir(bin)).toEqual(["kubectl-acr_secret", name].sort());
});

test.for(
  ["install", "uninstall"].flatMap((act) => [
    { act, whose: "another program", theirs: "#!/bin/sh\necho theirs\n" },
    { act, whose: "a wrapper of this plugin", theirs: `#!/bin/sh\nlog "$@"\n${text.split("\n").at(-2)}\n` },
  ]),
)("$act does not change $whose", async ({ act, theirs }) => {
  const { bin, typed } = await person();
  await writeFile(join(bin, name), theirs);
  await chmod(join(bin, name), 0o755);

  expect(await typed(`completion ${act}`)).toEqual({
    stdout: "",
    stderr: `error: ~/bin/${name} already exists and was not created by kubectl acr-secret\nhint: move it away, then retry\n`,
    code: 1,
  });
  expect(await readFile(join(bin, name), "utf8")).toBe(theirs);
});

test("warns when kubectl finds another program first", async () => {
  const { bin, typed } = await person();
  await writeFile(join(bin, name), older);
  await chmod(join(bin, name), 0o755);

  const { stderr } = await typed("completion install --dir ~/local");

  expect(stderr).toMatch(
    new RegExp(
      `^Warning: kubectl finds ~/bin/${name} first on your PATH; to delete that program:\n  kubectl acr-secret completion uninstall\n`,
    ),
  );
});

test.for([
  {
    what: "a folder that does not exist",
    line: "completion install --dir ~/gone",
    message: "error: folder ~/gone not found\nhint: mkdir -p ~/gone\n",
  },
  {
    what: "a folder that is not in PATH",
    line: "completion install --dir ~/other",
    message:
      "error: folder ~/other is not on your PATH, so kubectl cannot find the program there\nhint: kubectl acr-secret completion install --dir ~/bin\n",
  },
  {
    what: "the name of a shell",
    line: "completion bash",
    message:
      'error: invalid argument "bash": must be install, uninstall or kubectl; install works for every shell\nhint: kubectl acr-secret completion install\n',
  },
  {
    what: "no word",
    line: "completion",
    message: "error: argument required: install, uninstall or kubectl\nhint: kubectl acr-secret completion --help\n",
  },
])("refuses $what and prints the command to run", async ({ line, message }) => {
  const { typed } = await person();

  expect(await typed(line)).toEqual({ stdout: "", stderr: message, code: 1 });
});

test("names the first writable folder when the plugin's folder is not writable", async () => {
  const { typed } = await person({ closed: async (folder) => (folder.endsWith("/local") ? undefined : "permission denied") });

  expect(await typed("completion install")).toEqual({
    stdout: "",
    stderr: "error: cannot write to ~/bin: permission denied\nhint: kubectl acr-secret completion install --dir ~/local\n",
    code: 1,
  });
});

test("fails when no folder of PATH is writable", async () => {
  const { typed } = await person({ closed: async () => "the file system is read-only" });

  expect((await typed("completion install")).stderr).toMatch(
    /^error: cannot write to ~\/bin: the file system is read-only\nhint: no folder on your PATH is writable; /,
  );
});

test("fails when the plugin is not in PATH", async () => {
  const { bin, typed } = await person();
  await rm(join(bin, "kubectl-acr_secret"));

  expect((await typed("completion install")).stderr).toMatch(
    /^error: kubectl-acr_secret not found on your PATH, so kubectl cannot find it/,
  );
});

test("leaves one complete program and no other file when two runs install at the same time", async () => {
  const { bin, typed } = await person();

  const both = await Promise.all([typed("completion install"), typed("completion install")]);

  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(await readFile(join(bin, name), "utf8")).toBe(text);
  expect(await readdir(bin)).toEqual(["kubectl-acr_secret", name].sort());
});

test("prints a Windows program on Windows", async () => {
  const { typed } = await person({ system: "windows" });

  expect(await typed("completion kubectl")).toEqual({ stdout: shims.windows.text, stderr: "", code: 0 });
});
