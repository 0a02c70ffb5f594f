using System.Text;

namespace Fovea.Data.Tokenizers;

/// <summary>Makes a tokenizer of a <c>tokenizer.model</c>, as SentencePiece and the slow tokenizers of Transformers on top of it read it.</summary>
internal static class SentencePieceReader
{
    /// <summary>Reads the file. Control tokens and the unknown one are found in the text; each stretch between goes through SentencePiece by itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="prefixes">Whether a blank is put in front where the model asks for one.</param>
    /// <param name="legacy">Whether that is done for each stretch, and not only at the text's start.</param>
    public static TokenizerDefinition Load(string path, bool prefixes, bool legacy)
    {
        var file = SentencePieceFile.Load(path);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            vocabulary.Add(file.Pieces[id].Text, id);
        }

        var kept = Of(PieceKind.UserDefined).OrderByDescending(p => p.Length).ToList();
        var scheme = !file.AddDummyPrefix || !prefixes ? PrependScheme.Never : legacy ? PrependScheme.Always : PrependScheme.First;
        var step = new SentencePieceStep(ReadMap(path, file), kept, file.RemoveExtraBlanks, scheme);
        var added = Of(PieceKind.Control).Append(file.Pieces[file.UnknownId].Text)
            .Select(t => new AddedToken(vocabulary[t], t, false, false, false, false, true));
        return new TokenizerDefinition
        {
            Model = file.ModelType == SentencePieceFile.Bpe ? Bpe(path, file, vocabulary, kept) : Unigram(file, vocabulary),
            Added = [.. added],
            Normalizers = [step],
            Words = file.ModelType == SentencePieceFile.Bpe && kept.Count > 0 ? [new SplitStep(new KeptFinder(kept), SplitBehavior.Isolated, false)] : [],
            Decoder = [new DecodeSentencePieces(file.AddDummyPrefix || file.RemoveExtraBlanks, file.RemoveExtraBlanks)],
            NeverDecoded = added.Select(t => t.Id).ToHashSet(),
        };

        IEnumerable<string> Of(PieceKind kind) => file.Pieces.Where(p => p.Kind == kind).Select(p => p.Text);
    }

    private static CharacterMap? ReadMap(string path, SentencePieceFile file)
    {
        try
        {
            return file.CharacterMap.Length == 0 ? null : CharacterMap.Read(file.CharacterMap);
        }
        catch (FormatException e)
        {
            throw new InvalidInputException(path, null, e.Message, e);
        }
    }

    private static UnigramModel Unigram(SentencePieceFile file, Dictionary<string, int> vocabulary)
    {
        var normal = file.Pieces.Where(p => p.Kind == PieceKind.Normal).Select(p => p.Score).DefaultIfEmpty(0).ToList();
        var highest = normal.Max();
        var pieces = file.Pieces.Where(p => p.Kind is PieceKind.Normal or PieceKind.UserDefined).Select(p => (
            p.Text, vocabulary[p.Text],
            p.Kind == PieceKind.Normal ? p.Score : (double)(float)((Encoding.UTF8.GetByteCount(p.Text) * highest) - 0.1)));
        return new UnigramModel(vocabulary, pieces, normal.Min(), new UnigramOptions(file.UnknownId, true, file.ByteFallback, SinglePrecision: true));
    }

    /// <summary>Two pieces merge if their sum is one; the highest score first.</summary>
    private static BpeModel Bpe(string path, SentencePieceFile file, Dictionary<string, int> vocabulary, List<string> kept)
    {
        var normal = file.Pieces.Where(p => p.Kind is PieceKind.Normal).ToList();
        var rank = normal.Select(p => p.Score).Distinct().OrderDescending().Select((score, i) => (score, i)).ToDictionary(p => p.score, p => p.i);
        var known = normal.ToDictionary(p => p.Text, p => vocabulary[p.Text], StringComparer.Ordinal);
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        var pairs = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        foreach (var (text, score, _) in normal)
        {
            for (var i = 1; i < text.Length; i++)
            {
                if (lookup.TryGetValue(text.AsSpan(0, i), out var left) && lookup.TryGetValue(text.AsSpan(i), out var right))
                {
                    pairs[(left, right)] = (rank[score], known[text]);
                }
            }

            foreach (var character in text.EnumerateRunes())
            {
                if (text.Length > 1 && !known.ContainsKey(character.ToString()))
                {
                    throw new InvalidInputException(path, null,
                        $"the piece \"{text}\" has a character, \"{character}\", that is no piece itself; that is not supported");
                }
            }
        }

        return new BpeModel(vocabulary, new BpeMerges(pairs), new BpeOptions(file.UnknownId, FuseUnknown: true, file.ByteFallback, IgnoreMerges: false,
            Whole: kept.Count > 0 ? kept.ToDictionary(t => t, t => vocabulary[t], StringComparer.Ordinal) : null));
    }

    private sealed class KeptFinder(IReadOnlyList<string> kept) : ISplitFinder
    {
        public List<(int Start, int End)> Find(ReadOnlySpan<char> text)
        {
            var found = new List<(int, int)>();
            for (var i = 0; i < text.Length;)
            {
                var length = 0;
                foreach (var candidate in kept)
                {
                    if (length == 0 && text[i..].StartsWith(candidate))
                    {
                        length = candidate.Length;
                        found.Add((i, i + length));
                    }
                }

                i += Math.Max(1, length);
            }

            return found;
        }
    }
}
