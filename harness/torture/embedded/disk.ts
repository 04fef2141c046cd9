// A small disk of its own: a file system in an image file, mounted through a loop device.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Disk = Awaited<ReturnType<typeof createDisk>>

/**
 * Creates a disk and mounts it. Only root can, on Linux and outside of most containers.
 *
 * @throws {Error} which says why it cannot be mounted
 */
export async function createDisk(megabytes: number) {
  // In memory, where there is such a folder: flushing then waits for no other program.
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'microposts-disk-'))
  const image = join(folder, 'image')
  const mounted = join(folder, 'mounted')
  // The kernel keeps unflushed changes to itself for as long as it may.
  const mount = () => run('mount', ['-o', 'loop,commit=300', image, mounted])
  const remove = async () => {
    spawnSync('umount', [mounted])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await writeFile(image, '')
    await truncate(image, megabytes * 1024 ** 2)
    await mkdir(mounted)
    run('mkfs.ext4', ['-q', image])
    mount()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    folder: mounted,
    /**
     * Loses everything that was not flushed: what the image contains is what a disk would contain after a power failure.
     * `stop` ends all programs that use the disk; nothing may write to it from the call on.
     */
    async failPower(stop: () => Promise<unknown>): Promise<void> {
      await copyFile(image, `${image}.copy`)
      await stop()
      run('umount', [mounted])
      await rename(`${image}.copy`, image)
      mount()
    },
    remove,
  }
}

/** Whether this process can mount disks. */
export async function canMount(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  try {
    await (await createDisk(8)).remove()
    return true
  } catch {
    return false
  }
}

function run(program: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}
