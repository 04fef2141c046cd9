// Copies what measures any Node service into that service's folder.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitWithUsage, readOptions } from '../lib/command-line.ts'
import manifest from '../package.json' with { type: 'json' }

const usage = `Usage: npm run copy-telemetry -- --to FOLDER

Copies otel/ and lib/ with their license and a package.json of the packages that they import, for use in another service.
A copy that is already there is replaced. docs/use-in-your-service.md describes the next steps.

  --to FOLDER   a folder inside the other service, for example ../my-service/telemetry
  --help        shows this text
`

const name = 'microposts-telemetry'
const folders = ['otel', 'lib']

const { to } = readOptions(usage, { to: undefined })
if (!to) exitWithUsage('Name a folder with --to.', usage)
if (!(await mayReplace(to))) exitWithUsage(`${to} contains something else.`, usage)

await mkdir(to, { recursive: true })
for (const folder of folders) {
  await rm(join(to, folder), { recursive: true, force: true })
  await cp(folder, join(to, folder), { recursive: true })
}
await cp('LICENSE', join(to, 'LICENSE'))
const { version, license, engines } = manifest
const copied = {
  name,
  version,
  license,
  private: true,
  type: 'module',
  engines,
  dependencies: await imported(),
}
await writeFile(join(to, 'package.json'), `${JSON.stringify(copied, null, 2)}\n`)
process.stdout.write(
  `${to} written; in the service's folder, run npm install ./${to.split(/[\\/]/).findLast(Boolean)}\n`,
)

/** Whether the folder is missing, empty or an earlier copy. */
async function mayReplace(folder: string): Promise<boolean> {
  const inside = await readdir(folder).catch(() => [])
  if (inside.length === 0) return true
  const existing = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}')
  return JSON.parse(existing).name === name
}

/** The dependencies that the copied files name between quotes, with their versions. */
async function imported(): Promise<Record<string, string>> {
  const files = await Promise.all(
    folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
  )
  const sources = files.flat().filter((file) => /[.](ts|js)$/.test(file.name))
  const texts = await Promise.all(sources.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))
  const isNamed = (dependency: string) =>
    texts.some((text) => text.includes(`'${dependency}'`) || text.includes(`'${dependency}/`))
  return Object.fromEntries(
    Object.entries(manifest.dependencies).filter(([dependency]) => isNamed(dependency)),
  )
}
