// Runs the service as a pod of the rendered Deployment, as far as that is possible without a container: the files, the
// command and the variables of the image; the user and the variables of the pod; no privileges, and every file system
// read-only. Not approximated: the network, seccomp, and the limits of memory and CPU.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Json } from '../../../../harness/http/client.ts'
import { runService } from '../../../../harness/service.ts'
import { buildImage } from '../../support/image.ts'
import type { Manifest } from './render.ts'
import { podOf } from './workloads.ts'

export type Node = ReturnType<typeof createNode>

/** A folder with the image, in place of a node of a cluster. */
export function createNode() {
  const folder = mkdtempSync(join(tmpdir(), 'microposts-pod-'))
  return { image: buildImage(folder), remove: () => rmSync(folder, { recursive: true }) }
}

/** Starts a pod on free ports with the values of its secrets and `more` variables. It ends with the test. */
export function startPod(
  unshare: string,
  image: Node['image'],
  deployment: Manifest,
  { secrets, more }: { secrets: Variables; more: Variables },
) {
  const { securityContext, containers } = podOf(deployment)
  const { runAsUser: user, runAsGroup: group } = securityContext
  const [, ...args] = image.command
  const given = [join(image.folder, image.workdir), String(user), String(group), image.node]
  const command = [unshare, '--mount', 'sh', '-euc', confine, 'sh', ...given, ...args]
  const pod = runService({ ...image.env, ...variablesOf(containers[0], secrets), ...more }, { command })
  onTestFinished(async () => {
    pod.kill('SIGKILL')
    await pod.exited
  })
  return pod
}

type Variables = Record<string, string>

function variablesOf({ env }: Json, secrets: Variables): Variables {
  const values = env.map(({ name, value, valueFrom }: Json) => [
    name,
    value ?? secrets[valueFrom.secretKeyRef.key],
  ])
  return Object.fromEntries(values)
}

/** Arguments: the working directory, user, group, and the program with its arguments. */
const confine = `
  folder=$1 user=$2 group=$3
  shift 3
  cut -d ' ' -f 5 /proc/self/mountinfo | while read -r mounted; do
    mount -o remount,bind,ro "$mounted" 2>/dev/null || true
  done
  for place in "$folder" /tmp /var/tmp /dev/shm; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written" >&2; exit 70; fi
  done
  cd "$folder"
  exec setpriv --reuid="$user" --regid="$group" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
`
