import type { RepositoryScope } from "../../../src/credential/repository-scope.ts";
import type { ImageRef, Proof } from "../../../src/registry/port.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

export const host = "r.azurecr.io";
export const login = { username: "ci", password: new Sensitive("hunter2") };
export const image = (repository: string, reference: string): ImageRef => ({ host, repository, reference });
export const reach = (repositories: readonly string[], images: readonly ImageRef[] = []): RepositoryScope => ({
  host,
  repositories,
  images,
});

/** Returns a registry with a test's verdicts by image, and `not-found` for other images, and the record of its requests. */
export function registry(
  answers: Readonly<Record<string, Proof["verdict"] | Proof["verdict"][]>>,
  tags: Readonly<Record<string, string>> = {},
) {
  const asked: string[] = [];
  const slept: number[] = [];
  const left = new Map(Object.entries(answers).map(([name, verdicts]) => [name, [verdicts].flat()]));
  const port = {
    prove: async ({ repository, reference }: ImageRef) => {
      asked.push(`${repository}:${reference}`);
      const verdicts = left.get(`${repository}:${reference}`) ?? [];
      const verdict = (verdicts.length > 1 ? verdicts.shift() : verdicts[0]) ?? "not-found";
      return { verdict, message: `it is ${verdict}` };
    },
    admits: async () => {
      asked.push("login");
      const verdicts = left.get("login") ?? [];
      const verdict = (verdicts.length > 1 ? verdicts.shift() : verdicts[0]) ?? "pulls";
      return { verdict, message: `it is ${verdict}` };
    },
    anyTag: async (_: string, repository: string) => {
      asked.push(`tags of ${repository}`);
      return tags[repository];
    },
  };
  const tools = { registry: port, sleep: async (milliseconds: number) => void slept.push(milliseconds), fresh: false };
  return { asked, slept, tools };
}
