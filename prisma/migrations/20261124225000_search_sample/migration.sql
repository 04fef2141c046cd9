-- By hand: Prisma's schema cannot express partial indexes. They have one row in 256, chosen by a hash of the id, and tell a
-- search how frequent a word is (src/search/newest-matches.ts, whose condition must be the same).

-- CreateIndex
CREATE INDEX "Post_words_sample_idx" ON "Post" USING GIN ("words") WITH (fastupdate = off) WHERE get_byte(sha256(uuid_send("id")), 0) = 0;

-- CreateIndex
CREATE INDEX "User_words_sample_idx" ON "User" USING GIN ("words") WITH (fastupdate = off) WHERE get_byte(sha256(uuid_send("id")), 0) = 0;
