export async function servers(_say: (line: string) => void): Promise<string | undefined> {
  return undefined;
}
export const plugin = servers;
export const nodeParts = servers;
