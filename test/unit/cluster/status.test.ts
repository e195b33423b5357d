import { expect, test } from "vitest";
import { saysAbsent, statusError } from "../../../src/cluster/status.ts";
import { Conflict } from "../../../src/errors.ts";

const status = (code: number, reason: string, message: string, details: object = {}) => ({
  status: code,
  phrase: reason,
  text: JSON.stringify({ kind: "Status", code, reason, message, details }),
});

test.for([
  {
    answer: status(401, "Unauthorized", "Unauthorized"),
    kind: "unauthenticated",
    message: "You must be logged in to the server (Unauthorized)",
  },
  {
    answer: status(403, "Forbidden", 'secrets "acr" is forbidden: User "jane" cannot get resource "secrets"'),
    kind: "forbidden",
    message: 'Error from server (Forbidden): secrets "acr" is forbidden: User "jane" cannot get resource "secrets"',
  },
  {
    answer: status(404, "NotFound", 'namespaces "nope" not found', { name: "nope" }),
    kind: "notFound",
    message: 'Error from server (NotFound): namespaces "nope" not found',
  },
  {
    answer: status(422, "Invalid", "…", { kind: "Secret", name: "acr", causes: [{ field: "type", message: "field is immutable" }] }),
    kind: "invalid",
    message: 'The Secret "acr" is invalid: type: field is immutable',
  },
  {
    answer: status(422, "Invalid", "…", {
      kind: "Secret",
      name: "acr",
      causes: [
        { field: "type", message: "field is immutable" },
        { field: "data[.dockerconfigjson]", message: "Required value" },
      ],
    }),
    kind: "invalid",
    message: 'The Secret "acr" is invalid: \n* type: field is immutable\n* data[.dockerconfigjson]: Required value',
  },
  {
    answer: status(422, "Invalid", "fieldManager is required"),
    kind: "invalid",
    message: "The request is invalid: fieldManager is required",
  },
  {
    answer: status(504, "Timeout", "the server was unable to return a response in time"),
    kind: "timeout",
    message: "Error from server (Timeout): the server was unable to return a response in time",
  },
  {
    answer: status(500, "InternalError", "Internal error occurred: failed calling webhook"),
    kind: "unreachable",
    message: "Error from server (InternalError): Internal error occurred: failed calling webhook",
  },
  {
    answer: { status: 502, phrase: "Bad Gateway", text: "<html>\n<h1>bad</h1>" },
    kind: "unreachable",
    message: "Error from server (Bad Gateway): <html>",
  },
])("$answer.status is $kind: $message", ({ answer, kind, message }) => {
  expect(statusError(answer)).toMatchObject({ kind, message });
});

test.for([
  { reason: "Conflict", message: 'Operation cannot be fulfilled on serviceaccounts "default": the object has been modified' },
  { reason: "AlreadyExists", message: 'secrets "acr" already exists' },
])("a 409 for $reason may be settled by a new look", ({ reason, message }) => {
  const error = statusError(status(409, reason, message));

  expect(error).toBeInstanceOf(Conflict);
  expect(error.message).toBe(`Error from server (${reason}): ${message}`);
});

test("a field of another manager stays a conflict however often one looks", () => {
  const message = 'Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .data..dockerconfigjson';
  const error = statusError(status(409, "Conflict", message, { causes: [{ reason: "FieldManagerConflict" }] }));

  expect(error).not.toBeInstanceOf(Conflict);
  expect(error).toMatchObject({ kind: "conflict", message, hint: expect.stringContaining("--force") });
});

test("a server without the kind does not count as an absent object", () => {
  expect(saysAbsent({ kind: "Status", reason: "NotFound", details: { name: "acr" } })).toBe(true);
  expect(saysAbsent({ kind: "Status", reason: "NotFound", message: "the server could not find the requested resource" })).toBe(false);
  expect(saysAbsent(undefined)).toBe(false);
});
