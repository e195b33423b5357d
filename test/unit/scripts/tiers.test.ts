import { expect, test } from "vitest";
import { tiers, tiersOf } from "../../../scripts/tiers.ts";
import config from "../../../vitest.config.ts";

test("has a project of vitest for every tier that is a folder of tests", () => {
  const folders = tiers().filter(({ checker }) => !checker);

  expect(config.test?.projects).toEqual(
    expect.arrayContaining(folders.map(({ name }) => expect.objectContaining({ test: expect.objectContaining({ name }) }))),
  );
  expect(config.test?.projects).toHaveLength(folders.length);
});

test("runs the sampled tiers again in the release gate, with the tiers of a release alone", () => {
  const [ofTest, ofRelease] = [tiersOf("test"), tiersOf("release")].map((all) => all.map(({ name }) => name));

  expect(ofRelease).toEqual([
    "unit",
    "azure",
    "cluster",
    "browser",
    "az",
    "formats",
    "differential",
    "large",
    "soak",
    "swarm",
    "record",
    "node",
    "secretless",
    "export",
    "release",
    "signing",
    "krew",
  ]);
  expect(ofTest?.filter((name) => ofRelease?.includes(name))).toEqual(["unit", "azure", "cluster", "node"]);
});
