import { expect, test } from "vitest";
import { others } from "../../support/hostile/azure-places.ts";
import { servers } from "../../support/hostile/cluster-places.ts";
import { typed } from "../../support/hostile/lines.ts";
import { judge, type, typeAll, ways } from "../../support/hostile/type.ts";

test.for([...servers, ...others])("escapes what a server returns in $where", typeAll);

test.for(typed)("escapes what is typed or pasted: %s", async (line) => {
  for (const { text, terminal } of ways) {
    const seen = await type(line, {}, text, terminal);
    expect(judge(line, seen, terminal)).toEqual([]);
  }
});
