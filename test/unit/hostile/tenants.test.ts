import { expect, test } from "vitest";
import { tenants } from "../../support/hostile/cluster-places.ts";
import { type, typeAll } from "../../support/hostile/type.ts";

test.for(tenants)("escapes what a tenant writes into $where", typeAll);

test.for(tenants)("prints no line of a tenant among the notes of check when it is in $where", async (place) => {
  for (const line of ["check -n demo", "check -A"]) {
    const { stdout } = await type(line, place, "evil\n* forged live", false);
    expect(stdout.split("\n").filter((one) => one.startsWith("* forged"))).toEqual([]);
  }
});
