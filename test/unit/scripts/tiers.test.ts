import { expect, test } from "vitest";
import { tiers } from "../../../scripts/tiers.ts";
import config from "../../../vitest.config.ts";

test("vitest has a project for every tier that is a folder of tests", () => {
  const folders = tiers().filter(({ checker }) => !checker);

  expect(config.test?.projects).toEqual(
    expect.arrayContaining(folders.map(({ name }) => expect.objectContaining({ test: expect.objectContaining({ name }) }))),
  );
  expect(config.test?.projects).toHaveLength(folders.length);
});

test("lists what only a release needs in the release gate", () => {
  const ofRelease = tiers().filter(({ gate }) => gate === "release");

  expect(ofRelease.map(({ name }) => name)).toEqual(["az", "channels", "reproduced", "release", "signing", "krew"]);
});
