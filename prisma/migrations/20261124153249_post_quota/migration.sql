-- AlterTable
ALTER TABLE "User" ADD COLUMN     "postWindowEnd" TIMESTAMPTZ(3),
ADD COLUMN     "postsInWindow" INTEGER NOT NULL DEFAULT 0;
