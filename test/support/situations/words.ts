import { r, type Situation } from "../check-world.ts";

/** The result of a check for a situation. */
export type Expected = { what: string; given: Situation; cause: string; message?: string; fix?: string };

export const job = { kind: "Job", name: "migrate" };
export const db = { kind: "StatefulSet", name: "db" };
export const web = `${r}/app/web:1`;
export const create = `kubectl acr-secret create -n demo --registry ${r}`;
export const createFor = (target: string) => `kubectl acr-secret create -n demo ${target} --registry ${r}`;
export const itself = "deployment/web names its pull secrets itself, so serviceaccount/default does not help";
export const refusedBy = (secret: string, user: string) => `with secret ${secret}: ${r} says refused to user "${user}"`;
