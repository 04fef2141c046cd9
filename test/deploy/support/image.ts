// Builds what the Dockerfile builds, in a folder and without a container engine: it copies what COPY copies, as far as
// .dockerignore lets it, and runs npm. As root it also starts the service to compile its code. Other commands are not run.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

export type Instruction = { name: string; text: string }
/** `folder` is the root of the stage's file system. */
type Stage = { name: string; folder: string; workdir: string; env: Record<string, string>; command: string[] }

const context = process.cwd()

export function readDockerfile(): Instruction[] {
  const lines = readFileSync('Dockerfile', 'utf8')
    .replace(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
      return { name, text }
    })
}

/** Builds all stages below a folder and returns the last one. `node` is Node, for every user. */
export function buildImage(folder: string): Stage & { node: string } {
  const stages: Stage[] = []
  const node = join(folder, 'bin', 'node')
  mkdirSync(join(folder, 'bin'))
  linkOrCopy(process.execPath, node)
  chmodSync(folder, 0o755)
  for (const { name, text } of readDockerfile()) {
    const stage = stages.at(-1)
    if (name === 'FROM') stages.push(newStage(folder, text, stages.length))
    else if (!stage) throw new Error(`The Dockerfile begins with ${name}.`)
    else if (name === 'WORKDIR') stage.workdir = text
    else if (name === 'ENV') Object.assign(stage.env, variables(text))
    else if (name === 'CMD') stage.command = JSON.parse(text)
    else if (name === 'COPY') copy(stage, text, stages)
    else if (name === 'RUN' && text.startsWith('npm ')) runNpm(stage, text)
    else if (name === 'RUN' && text.includes(' setpriv ')) runAsRoot(stage, text, node)
  }
  const last = stages.at(-1)
  if (!last) throw new Error('The Dockerfile has no stage.')
  return { ...last, node }
}

function newStage(folder: string, from: string, index: number): Stage {
  const name = / AS (\w+)$/i.exec(from)?.[1] ?? String(index)
  return { name, folder: join(folder, name), workdir: '/', env: {}, command: [] }
}

const variables = (text: string) =>
  Object.fromEntries(Array.from(text.matchAll(/(\w+)=(\S+)/g), ([, name = '', value]) => [name, value]))

function copy(stage: Stage, text: string, stages: Stage[]) {
  const [, from, paths = text] = /^--from=(\w+) (.*)$/.exec(text) ?? []
  const rest = paths.split(' ')
  const source = stages.find(({ name }) => name === from)
  const target = rest.pop() ?? ''
  for (const path of rest) {
    const isFolder = target.endsWith('/') || rest.length > 1
    const to = join(stage.folder, stage.workdir, target, isFolder ? basename(path) : '')
    if (source) linkTree(join(source.folder, path), to)
    else cpSync(join(context, path), to, { recursive: true, filter: isInContext })
  }
}

function runNpm({ folder, workdir }: Stage, command: string) {
  const cwd = join(folder, workdir)
  // A download takes longer than all of this test. What `npm ci` installs is here; its script is run as npm runs it.
  if (command === 'npm ci') linkTree(join(context, 'node_modules'), join(cwd, 'node_modules'))
  // Programs left this behind; it was not installed.
  rmSync(join(cwd, 'node_modules', '.cache'), { recursive: true, force: true })
  const args = command === 'npm ci' ? ['run', 'postinstall'] : command.split(' ').slice(1)
  execFileSync('npm', args, { cwd, stdio: 'pipe' })
}

/** Runs a command that changes users, with free ports in place of the image's. */
function runAsRoot({ folder, workdir, env }: Stage, command: string, node: string) {
  if (process.getuid?.() !== 0) return
  const PATH = `${dirname(node)}:${process.env.PATH}`
  const environment = { ...env, PATH, PORT: '0', OTEL_EXPORTER_PROMETHEUS_PORT: '0' }
  execFileSync('sh', ['-c', command], { cwd: join(folder, workdir), env: environment, stdio: 'pipe' })
}

/** Copies a folder by hard links: quick, and it needs no space. */
function linkTree(from: string, to: string) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [path, copied] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(path, copied)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(path), copied)
    else linkOrCopy(path, copied)
  }
}

/** Links do not work between two file systems. */
function linkOrCopy(from: string, to: string) {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}

const ignored = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** The last matching line of .dockerignore decides; a folder is entered if it may contain something to copy. */
export function isInContext(path: string): boolean {
  const name = path.startsWith(context) ? path.slice(context.length + 1) : path
  const decision = ignored.findLast((line) => matches(line.replace('!', ''), name))
  return decision?.startsWith('!') !== false || ignored.some((line) => line.startsWith(`!${name}/`))
}

const matches = (pattern: string, name: string) =>
  pattern === '*' || name === pattern || name.startsWith(`${pattern}/`)
