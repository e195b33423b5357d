import { test } from "vitest";
import { tenants } from "../../support/hostile/cluster-places.ts";
import { typeAll } from "../../support/hostile/type.ts";

test.for(tenants)("nothing moves the cursor or forges a line that a tenant writes into $where", typeAll);
