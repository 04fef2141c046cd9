// The check of all settings, `npm start -- --check`. Telemetry and the service each add what they would start, or their
// faults, because neither imports the other. Both import this module, which exists once per process.

/** What would start: texts by what they describe. */
export type Plan = Readonly<Record<string, string | readonly string[]>>

let requested = false
const plans: { title: string; plan: Plan }[] = []
const faults: string[] = []

/** From now on, nothing may start. */
export function requestCheck(): void {
  requested = true
}

export function isCheck(): boolean {
  return requested
}

/** Adds a plan, or the message of the error that `read` throws: one fault per line. */
export async function addToCheck(title: string, read: () => Plan | Promise<Plan>): Promise<void> {
  try {
    plans.push({ title, plan: await read() })
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
  }
}

/** Prints the faults and sets the exit code 1, or prints all plans if there is no fault. */
export function finishCheck(): void {
  if (faults.length > 0) {
    process.exitCode = 1
    process.stderr.write(`${faults.join('\n')}\n`)
  } else {
    process.stdout.write(`The settings are valid. A start would use:\n${plans.map(render).join('')}`)
  }
}

function render({ title, plan }: { title: string; plan: Plan }): string {
  const lines = Object.entries(plan).flatMap(([name, texts]) =>
    [texts].flat().map((text, i) => `  ${(i === 0 ? name : '').padEnd(14)}${text}\n`),
  )
  return `\n${title}\n${lines.join('')}`
}
