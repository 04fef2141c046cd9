// Renders deploy/kubernetes as `kubectl apply --kustomize` would.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { Json } from '../../../../harness/http/client.ts'

export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  /** And fields that only objects of its kind have, which the schemas check. */
  [field: string]: Json
}

/** Returns the objects of a folder in deploy/kubernetes, and what kubectl complains about. */
export function render(kubectl: string, folder: string): { objects: Manifest[]; warnings: string } {
  const copy = mkdtempSync(join(tmpdir(), 'microposts-kubernetes-'))
  try {
    cpSync('deploy', copy, { recursive: true })
    if (hasKustomize2(kubectl)) for (const file of kustomizations(copy)) translateToKustomize2(file)
    const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', join(copy, 'kubernetes', folder)], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`kubectl cannot render ${folder}: ${stderr}`)
    return { objects: parseAllDocuments(stdout).map((document) => document.toJS()), warnings: stderr }
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** @throws {Error} if there is no such object */
export function find(objects: Manifest[], kind: string, name = 'microposts'): Manifest {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
  if (!found) throw new Error(`There is no ${kind} ${name}.`)
  return found
}

const kustomizations = (folder: string) => globSync(`${folder}/**/kustomization.yaml`)

/** Up to version 1.20, which Debian 12 has. Kustomize 3 and later read these files as they are. */
function hasKustomize2(kubectl: string): boolean {
  const { stdout } = spawnSync(kubectl, ['version', '--client', '--output=json'], { encoding: 'utf8' })
  const { clientVersion }: { clientVersion: { minor: string } } = JSON.parse(stdout)
  return Number.parseInt(clientVersion.minor, 10) <= 20
}

type Kustomization = { resources: string[]; patches: { path: string }[] }

/** Kustomize 2 has other names for folders among the resources and for files of patches. */
function translateToKustomize2(file: string): void {
  const { resources = [], patches = [], ...rest }: Partial<Kustomization> = parse(readFileSync(file, 'utf8'))
  const isFolder = (path: string) => existsSync(join(dirname(file), path, 'kustomization.yaml'))
  const translated = {
    ...rest,
    bases: resources.filter(isFolder),
    resources: resources.filter((path) => !isFolder(path)),
    patchesStrategicMerge: patches.map(({ path }) => path),
  }
  writeFileSync(file, stringify(translated))
}
