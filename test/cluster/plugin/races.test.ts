import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { chanceFrom } from "../../support/fakes/chance.ts";
import { kubectl } from "../../support/kubectl.ts";
import { loginOf, takes, unnoted } from "../../support/logins.ts";
import { type Ended, newNamespace, openShell } from "../../support/plugin.ts";
import { sampled, takesAll } from "../../support/sampled.ts";
import { generatePassword } from "../../support/user-with-az.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** The number of rounds per race, and the seed of their delays. Each failure prints the seed. */
const rounds = Number(process.env["ROUNDS"] ?? (takesAll ? 2 : 1));
const seed = Number(process.env["SEED"] ?? (takesAll ? Math.floor(Math.random() * 1e9) : 1));

const making = "create N --registry myregistry";
const web = `${making} --repository app/web`;
const over = "--namespaces A,B";
const world = shell.azure.world;
// Otherwise the runs would mostly be in the waits of ten seconds that Azure asks for.
world.longRunning.retryAfter = 0;

/** Runs a command line of the plugin. A and B stand for two namespaces, and N for a name that only this race uses. */
type Typing = (line: string) => Promise<Ended>;

type Row = {
  readonly what: string;
  /** Runs before the race, or before each round if a racer deletes. */
  readonly begin: string;
  /** Run concurrently. A person generates the token's other password with az. */
  readonly racers: readonly string[];
  readonly user?: true;
  /** Permitted errors of a racer: the other run was faster, or its result is kept. */
  readonly may?: RegExp;
  /** The command that completes the race. `stays`: whether the Secrets exist after it. */
  readonly ends: string;
  readonly stays?: boolean;
};

const tooMany = /Secrets hold both passwords|no Secret records password|another run (?:re)?generated password|another run is making/;
const rotate = `rotate N ${over}`;
const shared = `${web} ${over} --credential-per scope`;

const inTestGate = ["a rotation and a create that repairs", "a rotation and a delete"];

const table: readonly Row[] = [
  { what: "two rotations", begin: shared, racers: [rotate, `${rotate} --grace 0`], ends: `${rotate} --grace 0` },
  {
    what: "two rotations of a service principal",
    begin: `${making} --service-principal=N ${over} --credential-per scope`,
    racers: [`${rotate} --grace 0`, `${rotate} --grace 0`],
    ends: `${rotate} --grace 0`,
  },
  {
    what: "a rotation and a create that repairs",
    begin: `${web} ${over} --credential-per namespace`,
    racers: [`${rotate} --grace 0`, `${web} ${over} --credential-per namespace`],
    ends: `${rotate} --grace 0`,
  },
  {
    what: "a rotation and a delete",
    begin: shared,
    racers: [`${rotate} --grace 0`, `delete N ${over} --revoke --yes --ignore-not-found`],
    ends: `delete N ${over} --revoke --yes --ignore-not-found`,
    stays: false,
  },
  {
    what: "a rotation and a user with az",
    begin: shared,
    racers: [`${rotate} --grace 0`],
    user: true,
    may: tooMany,
    ends: `${rotate} --grace 0`,
  },
];

async function secretsIn(names: readonly string[]): Promise<Secret[]> {
  const read = names.map(async (name) => JSON.parse(await kubectl(["get", "secrets", "-n", name, "-o", "json"])).items);
  return (await Promise.all(read)).flat();
}

type Going = Awaited<ReturnType<typeof prepare>>;

/** Prepares a race: two new namespaces, functions that run commands in them, and the expected number of Secrets. */
async function prepare({ begin, user, stays = true }: Row) {
  const names = [await newNamespace(), await newNamespace()];
  const [a = "", b = ""] = names;
  const name = `pull-${a}`;
  const type: Typing = (line) => {
    const words = line.replaceAll(/\bA\b/g, a).replaceAll(/\bB\b/g, b).replaceAll(/\bN\b/g, name);
    return shell.type(`kubectl acr-secret ${words}`);
  };
  return {
    name,
    type,
    many: stays ? names.length : 0,
    begun: async (round: number) => void ((round === 0 || !stays) && expect(await type(begin)).toMatchObject({ code: 0 })),
    secrets: () => secretsIn(names),
    user: user && (() => generatePassword(shell, name)),
    /** Deletes the password of the person, who no longer needs it. */
    forget: (password: string | undefined) => {
      const passwords = world.registries[0]?.tokens.find((token) => token.name === name)?.passwords ?? {};
      for (const slot of ["password1", "password2"] as const) if (passwords[slot]?.value === password) delete passwords[slot];
    },
  };
}

const chance = chanceFrom(seed);
const later = async <T>(work: () => Promise<T>): Promise<T> => sleep(chance(500)).then(work);

/** Runs all racers concurrently, with a random delay of every request to Azure. @returns their results, and the person's password */
async function race({ racers }: Row, { type, user }: Going) {
  // The person's requests have no delay between reading the token and writing to it, because Azure has no preconditions.
  const path = user ? /^(?!.*(\/tokens\/|generateCredentials))/ : /./;
  const slow = shell.azure.faults.add({ kind: "slow", path, milliseconds: () => chance(150) });
  const generated = user && later(user);
  const ended = await Promise.all(racers.map((line) => later(() => type(line))));
  const theirs = await generated;
  slow();
  return { ended, theirs: theirs?.password };
}

/** Returns violations: Secrets with an invalid password, and missing Secrets. */
async function faultsIn({ secrets, many }: Going, isOver: boolean): Promise<{ dead: unknown[]; missing: number }> {
  const all = await secrets();
  const logins = all.flatMap((secret) => loginOf(secret) ?? []);
  return { dead: logins.filter((login) => !takes(world, login)), missing: isOver || many > 0 ? many - logins.length : 0 };
}

test.for(sampled(table, ({ what }) => inTestGate.includes(what)))(
  "leaves no invalid password in a Secret, and completes in the next run: $what",
  { timeout: 24 * 3_600_000 },
  async (row) => {
    const { what, ends, may } = row;
    const going = await prepare(row);
    const isRight = ({ code, stderr }: Ended) => code === 0 || may?.test(stderr) === true;
    const none = { dead: [], missing: 0 };
    for (let round = 0; round < rounds; round++) {
      await going.begun(round);
      const { ended, theirs } = await race(row, going);
      const why = `SEED=${seed} ${what}, round ${round}: ${JSON.stringify(ended)}`;
      // A run that a delete overtakes may fail.
      if (going.many > 0) expect(ended, why).toSatisfy((all: Ended[]) => all.every(isRight));
      expect(await faultsIn(going, false), why).toEqual(none);

      expect(await going.type(ends), why).toSatisfy(isRight);
      expect(await faultsIn(going, true), why).toEqual(none);
      const left = unnoted(world, await going.secrets(), going.name);
      expect(left, why).toEqual(theirs ? [theirs] : []);
      going.forget(theirs);
    }
  },
);
