using Fovea.Store;

namespace Fovea.Scoring;

/// <summary>
/// Holds what a store already has to the corpus that is scored now, so that no store mixes two corpora, tokenizers, templates or sets of images.
/// </summary>
internal sealed class KeptShards(
    ScoringOptions options, ScoringSource source, ScoreStoreWriter store, IReadOnlyList<string> conditions, Func<TokenizedSample, string?> imageHash)
{
    /// <returns>Shards that lack conditions, and which: those are to be added.</returns>
    /// <exception cref="FoveaException">A shard or a sample in it is not of this corpus, text or images (named), or more samples than allowed are
    /// invalid.</exception>
    public Dictionary<int, IReadOnlyCollection<string>> Check(CancellationToken cancellation)
    {
        var lacking = new Dictionary<int, IReadOnlyCollection<string>>();
        foreach (var shard in store.Shards)
        {
            var begin = (long)shard.Index * options.ShardSamples;
            if (begin >= source.Count || shard.Rows != Math.Min(options.ShardSamples, source.Count - begin))
            {
                throw Foreign(shard, $"holds {shard.Rows} samples of another corpus or shard size");
            }

            cancellation.ThrowIfCancellationRequested();
            var rows = store.ReadShard(shard.Index);
            for (var i = 0; i < rows.Count; i++)
            {
                Check(shard, rows[i], (int)begin + i);
            }

            if (rows.FirstOrDefault(r => r.LogProbs.Count > 0) is { } scored
                && conditions.Where(c => !scored.LogProbs.ContainsKey(c)).ToArray() is { Length: > 0 } missing)
            {
                lacking[shard.Index] = missing;
            }
        }

        if (store.InvalidSamples > options.MaxInvalid)
        {
            throw new FoveaException(
                $"{store.Folder}: {store.InvalidSamples} unusable records, allowed: {options.MaxInvalid}; correct the data and score into another folder, or "
                    + $"leave out up to N such records with --max-invalid N");
        }

        return lacking;
    }

    private void Check(ShardEntry shard, TokenScores row, int index)
    {
        var head = source.Head(index);
        if (row.Key != head.Key)
        {
            throw row.Key.Source == head.Key.Source
                ? Foreign(shard, $"holds {row.Key} where this corpus has {head.Key}: another corpus")
                : Foreign(shard, $"holds {row.Key} where this corpus has {head.Key}; if that is the same file under another name give "
                    + $"--rename {row.Key.Source}={head.Key.Source}");
        }

        if (row.InvalidReason is not null)
        {
            return;
        }

        var now = source.Tokenize(index);
        Agree(shard, row, "text fingerprint", "its text, the tokenizer or the template", row.TextFingerprint, now.TextFingerprint);
        if (row.ContextFingerprint is { } context)
        {
            Agree(shard, row, "context fingerprint", "its text, the tokenizer or the template", context, now.ContextFingerprint);
        }

        if (row.ConversationFingerprint is { } conversation)
        {
            Agree(shard, row, "conversation fingerprint", "a question before its answers, or the template,", conversation,
                now.ConversationFingerprint ?? "none");
        }

        if (row.ImageHash is { } image && imageHash(now) is { } hash)
        {
            Agree(shard, row, "image hash", $"its image {string.Join(", ", head.Images)}", image, hash);
        }
    }

    private void Agree(ShardEntry shard, TokenScores row, string what, string changed, string was, string now)
    {
        if (was != now)
        {
            throw new InvalidInputException(row.Key.Source, row.Key.Record,
                $"{what}: {Path.Combine(store.Folder, shard.File)} was scored with {was}, now it is {now}: {changed} changed; restore it or score into "
                    + $"another folder");
        }
    }

    private InvalidInputException Foreign(ShardEntry shard, string what) =>
        new(Path.Combine(store.Folder, shard.File), null, what + "; choose another folder");
}
