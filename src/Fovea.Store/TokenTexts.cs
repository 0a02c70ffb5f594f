namespace Fovea.Store;

/// <summary>The text of every token id, beside the shards, so that a store can be read in words without its tokenizer: <c>token_id</c>, <c>token</c>.</summary>
internal static class TokenTexts
{
    public const string FileName = "tokens.parquet";

    /// <exception cref="FoveaException">The file is not the one that the manifest names.</exception>
    public static void Check(string folder, string? sha256)
    {
        var path = Path.Combine(folder, FileName);
        if (sha256 is not null && !IsSound(folder, sha256))
        {
            throw new InvalidInputException(path, null, "the texts of the tokens are missing, torn or altered; run the scoring again to write them");
        }
    }

    public static bool IsSound(string folder, string sha256)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) && ContentHash.OfFile(path) == sha256;
    }
}
