// The files that the web client loads, served as written. The address of each contains a hash of them all, so that
// browsers may keep it for good and never mix the files of two versions.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lookFiles } from '../../lib/look/files.ts'
import { type StaticFile, staticContent } from '../../lib/static-files.ts'

const folder = fileURLToPath(new URL('client/', import.meta.url))

/** Libraries from npm, by the name that client/library/html.js imports. */
const libraryFiles = {
  'preact.js': 'preact',
  'hooks.js': 'preact/hooks',
  'htm.js': 'htm',
} as const

/** Contents by the path below the version. */
const contents = new Map<string, Buffer>([
  ...ownFiles().map((path) => [path, readFileSync(`${folder}${path}`)] as const),
  ...Object.entries(libraryFiles).map(
    ([name, specifier]) => [`library/${name}`, library(specifier)] as const,
  ),
  ...Object.entries(lookFiles).map(
    ([name, url]) => [`look/${name}`, readFileSync(fileURLToPath(url))] as const,
  ),
])

const version = hashOf(contents)
const headers = { 'Cache-Control': 'public, max-age=31536000, immutable' }

const files = new Map<string, StaticFile>(
  Array.from(contents, ([path, content]) => [path, staticContent(path, async () => content, headers)]),
)

/** The address of a file such as `app/main.js`. */
export const assetPath = (path: string): string => `/assets/${version}/${path}`

/** The paths of all files with this extension, in order. */
export const assetsOfType = (extension: '.js' | '.css'): string[] =>
  [...contents.keys()].filter((path) => path.endsWith(extension)).sort()

/** The file at an address; undefined if there is none, also for another version. */
export const findAsset = (requested: string, path: string): StaticFile | undefined =>
  requested === version ? files.get(path) : undefined

function ownFiles(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.(js|css)$/.test(path))
}

/** Browsers resolve addresses only, and the policy allows no import map, which would be an inline script. */
function library(specifier: string): Buffer {
  const text = readFileSync(fileURLToPath(import.meta.resolve(specifier)), 'utf8')
  return Buffer.from(text.replaceAll(/(from\s*)"preact"/g, '$1"./preact.js"'))
}

function hashOf(contents: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256')
  for (const [path, content] of contents) hash.update(`${path}\0${content.length}\0`).update(content)
  return hash.digest('base64url').slice(0, 16)
}
