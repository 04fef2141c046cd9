// Checks that every folder can be read at a glance: a folder with more files than this holds several concepts.
import { readdirSync } from 'node:fs'
import { readOptions } from '../lib/command-line.ts'

const usage = `Usage: npm run check:layout

Lists the folders with too many files. Exits with 1 if there are any.

  --help  prints this text
`
readOptions(usage, {})

const roots = ['src', 'otel', 'lib', 'harness', 'deploy', 'test', 'bench', 'scripts', 'docs']
/** Folders that may grow: generated code, and the log of decisions. */
const exempt = ['src/database/generated', 'docs/decisions']
const maxFiles = 13

const crowded = roots
  .flatMap(foldersBelow)
  .map((folder) => ({ folder, files: filesIn(folder) }))
  .filter(({ files }) => files > maxFiles)

for (const { folder, files } of crowded)
  process.stderr.write(`${folder}: ${files} files, of at most ${maxFiles}: give each concept a folder.\n`)
if (crowded.length > 0) process.exitCode = 1

function foldersBelow(folder: string): string[] {
  if (exempt.includes(folder)) return []
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [folder, ...inside.flatMap(({ name }) => foldersBelow(`${folder}/${name}`))]
}

function filesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()).length
}
