// Finds programs that npm cannot install.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Installed = { package: string; names: string[]; works?: string[] }

/** The Debian package and the possible names of each program; with the arguments `works` it exits with 0. */
const PROGRAMS = {
  prometheus: { package: 'prometheus', names: ['prometheus'] },
  promtool: { package: 'prometheus', names: ['promtool'] },
  alertmanager: { package: 'prometheus-alertmanager', names: ['prometheus-alertmanager', 'alertmanager'] },
  chromium: { package: 'chromium', names: ['chromium', 'chromium-browser', 'google-chrome'] },
  postgres: { package: 'postgresql', names: ['postgres'] },
  pg_dump: { package: 'postgresql-client', names: ['pg_dump'] },
  nginx: { package: 'nginx', names: ['nginx'] },
  /** As root: it changes which file systems a process sees, and how. */
  unshare: { package: 'util-linux', names: ['unshare'], works: ['--mount', 'true'] },
  kubectl: { package: 'kubernetes-client', names: ['kubectl'] },
  haproxy: { package: 'haproxy', names: ['haproxy'] },
  pgbouncer: { package: 'pgbouncer', names: ['pgbouncer'] },
  /** Python with this module. */
  prometheus_client: {
    package: 'python3-prometheus-client',
    names: ['python3'],
    works: ['-c', 'import prometheus_client.openmetrics.parser'],
  },
} satisfies Record<string, Installed>

export type Program = keyof typeof PROGRAMS

/** Returns the path of a program, or undefined if it is not installed. */
export function findProgram(program: Program): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    // Debian installs some outside of a user's PATH.
    '/usr/local/sbin',
    '/usr/sbin',
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ]
  const { names, works }: Installed = PROGRAMS[program]
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return paths.find((path) => isExecutable(path) && (!works || spawnSync(path, works).status === 0))
}

/** Returns the path of a program that a command needs. @throws {Error} with a message for the user */
export function locateProgram(program: Program): string {
  const path = findProgram(program)
  if (path === undefined) throw new Error(`${missing(program)}.`)
  return path
}

/**
 * Returns the path of a program that a test needs. Without the program the test is skipped, and a line on stderr says
 * so. On CI nothing may be skipped: there it throws.
 */
export function requireProgram(program: Program, { skip }: { skip(reason: string): never }): string {
  const path = findProgram(program)
  if (path !== undefined) return path
  const reason = missing(program)
  if (process.env.CI) throw new Error(`${reason}. On CI no test may be skipped.`)
  process.stderr.write(`skipped: ${reason}\n`)
  return skip(reason)
}

function missing(program: Program): string {
  const installed: Installed = PROGRAMS[program]
  const fault = installed.works ? 'is not installed, or does not work for this user' : 'is not installed'
  return `${program} ${fault} (Debian package ${installed.package})`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
