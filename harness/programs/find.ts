// Programs that some tests need and npm cannot install.
import { accessSync, constants, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'

/** Each with the Debian package that has it and the names it goes by; Debian keeps some off the usual path. */
const PROGRAMS = {
  prometheus: { package: 'prometheus', names: ['prometheus'] },
  promtool: { package: 'prometheus', names: ['promtool'] },
  alertmanager: { package: 'prometheus-alertmanager', names: ['prometheus-alertmanager', 'alertmanager'] },
  chromium: { package: 'chromium', names: ['chromium', 'chromium-browser', 'google-chrome'] },
  postgres: { package: 'postgresql', names: ['postgres'] },
  nginx: { package: 'nginx', names: ['nginx'] },
}

export type Program = keyof typeof PROGRAMS

/** The path of a program, or undefined where it is not installed. */
export function findProgram(part: Program): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ]
  const paths = folders.flatMap((folder) => PROGRAMS[part].names.map((name) => join(folder, name)))
  return paths.find(isExecutable)
}

/**
 * The path of a program that the test cannot do without. Where it is not installed the test is skipped, with a line
 * that says what is missing; on CI, where everything must be there, it fails.
 */
export function requireProgram(part: Program, { skip }: Pick<TestContext, 'skip'>): string {
  const path = findProgram(part)
  if (path !== undefined) return path
  const reason = `${part} is not installed (Debian package ${PROGRAMS[part].package})`
  if (process.env.CI) throw new Error(`${reason}, and on CI nothing is skipped.`)
  process.stderr.write(`skipped: ${reason}\n`)
  return skip(reason)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
