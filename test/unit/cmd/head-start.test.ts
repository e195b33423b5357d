import { expect, test } from "vitest";
import { mayStartEarly } from "../../../cmd/head-start.ts";

test.for([
  { typed: "create --registry myregistry --serviceaccount default", start: true },
  { typed: "list -n demo -oyaml", start: true },
  { typed: "list -A", start: true },
  { typed: "list --context=prod", start: false },
  { typed: "list --context prod", start: false },
  { typed: "list -s https://x", start: false },
  { typed: "list -As=https://x", start: false },
  { typed: "list --token=t", start: false },
  { typed: "list --kuberc=off", start: false },
  { typed: "attach acr deployment/web", start: true },
  { typed: "rotate", start: true },
  { typed: "__complete list", start: false },
  { typed: "completion kubectl", start: false },
  { typed: "help create", start: false },
  { typed: "create --help", start: false },
  { typed: "create -h", start: false },
  { typed: "version", start: false },
  { typed: "-n demo list", start: false },
  { typed: "", start: false },
])("decides whether to start kubectl early: %o", ({ typed, start }) => {
  expect(mayStartEarly(typed.split(" "))).toBe(start);
});
