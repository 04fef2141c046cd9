/** A condition that a trial demands, and what was seen of it. */
export type Check = { check: string; passed: boolean; seen: string }

/** `tables` are figures in Markdown, for information. */
export type Verdict = { checks: Check[]; tables: string[] }

/** Runs with the arguments of its command line; `report` shows the progress. */
export type Trial = (args: string[], report: (text: string) => void) => Promise<Verdict>

/** Demands that the list is empty, and shows its first elements. */
export function none(check: string, list: readonly unknown[]): Check {
  const examples = list.slice(0, 3).map(String).join('; ')
  return {
    check,
    passed: list.length === 0,
    seen: list.length === 0 ? 'none' : `${list.length}: ${examples}`,
  }
}

/** Demands that a condition holds. */
export const holds = (check: string, passed: boolean, seen: string | number): Check => ({
  check,
  passed,
  seen: String(seen),
})
