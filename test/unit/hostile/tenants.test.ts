import { test } from "vitest";
import { tenants } from "../../support/hostile/cluster-places.ts";
import { typeAll } from "../../support/hostile/type.ts";

test.for(tenants)("escapes what a tenant writes into $where", typeAll);
