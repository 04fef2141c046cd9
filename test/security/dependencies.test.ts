// What can be known of the dependencies without a registry. The job `dependencies` of CI asks one for known
// vulnerabilities.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

type Package = {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  hasInstallScript?: boolean
}
type Manifest = Record<
  'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
> & {
  allowScripts: Record<string, boolean>
}

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const manifest: Manifest = readJson('package.json')
const lock: { packages: Record<string, Package> } = readJson('package-lock.json')
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')

describe('package-lock.json', () => {
  it('has the checksum of every package, so that npm accepts no other content', () => {
    expect(packages.length).toBeGreaterThan(100)
    const unchecked = packages.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity))
    expect(unchecked.map(([path]) => path)).toEqual([])
  })

  it('has only packages of the registry: no Git repository, no address, no folder', () => {
    const foreign = packages.filter(
      ([, { link, resolved, version = '' }]) => link || resolved || !/^\d+\.\d+\.\d+/.test(version),
    )
    expect(foreign.map(([path]) => path)).toEqual([])
  })
})

describe('package.json', () => {
  it('has exact versions', () => {
    const ranges = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]
      .flatMap((versions) => Object.entries(versions))
      .filter(([, version]) => !/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    expect(ranges).toEqual([])
  })

  it('approves no script that a package would run at its installation', () => {
    const withScript = packages
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(manifest.allowScripts).toEqual(Object.fromEntries(withScript.map((name) => [name, false])))
  })
})

describe('.github/workflows/ci.yml', () => {
  const workflow = parse(readFileSync('.github/workflows/ci.yml', 'utf8'))
  type Step = { uses?: string; run?: string }
  const steps: Step[] = Object.values<{ steps: Step[] }>(workflow.jobs).flatMap((job) => job.steps)

  it('fails for a known vulnerability of a dependency', () => {
    expect(steps.map(({ run }) => run)).toContain('npm audit --omit=dev --audit-level=high')
  })

  it('runs only actions of a pinned commit, and may only read', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? [])
    expect(actions.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([])
    expect(workflow.permissions).toEqual({ contents: 'read' })
  })
})
