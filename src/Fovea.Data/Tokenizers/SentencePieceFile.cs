using Google.Protobuf;

namespace Fovea.Data.Tokenizers;

/// <summary>What a piece is, by SentencePiece's numbers.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>One entry of a SentencePiece vocabulary; its place is its id.</summary>
internal readonly record struct SentencePiece(string Text, float Score, PieceKind Kind);

/// <summary>
/// A SentencePiece model as its protobuf file says (<c>sentencepiece_model.proto</c>): the fields that decide ids and text; what
/// they ask for beyond that is an error.
/// </summary>
internal sealed class SentencePieceFile
{
    public const int Unigram = 1;
    public const int Bpe = 2;
    private const int LargestFile = 1 << 28;

    private SentencePieceFile()
    {
    }

    public List<SentencePiece> Pieces { get; } = [];

    public int ModelType { get; private set; } = Unigram;

    public bool ByteFallback { get; private set; }

    public bool BlankIsSuffix { get; private set; }

    public byte[] CharacterMap { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraBlanks { get; private set; } = true;

    public bool EscapeBlanks { get; private set; } = true;

    /// <summary>Id of the unknown token, the only one of its kind.</summary>
    public int UnknownId => Pieces.FindIndex(p => p.Kind == PieceKind.Unknown);

    public static SentencePieceFile Load(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (info.Length > LargestFile)
            {
                throw new InvalidInputException(path, null, $"expected a SentencePiece model of at most {LargestFile} bytes, got {info.Length}");
            }

            var file = new SentencePieceFile();
            var bytes = RegularFile.ReadAllBytes(path, RegularFile.MaxTokenizer);
            if (WrongContent.Describe(bytes.AsSpan(0, Math.Min(bytes.Length, 64))) is { } instead)
            {
                throw new InvalidInputException(path, null, instead);
            }

            file.Read(new CodedInputStream(bytes));
            return file.Checked(path);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidInputException(path, null, $"not a SentencePiece model: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(path, null, $"cannot be read: {e.Message}", e);
        }
    }

    private SentencePieceFile Checked(string path)
    {
        string? wrong = Pieces.Count == 0 ? "not a SentencePiece model: it has no pieces"
            : Pieces.Count(p => p.Kind == PieceKind.Unknown) != 1 ? "expected one piece of the kind UNKNOWN"
            : ModelType is not (Unigram or Bpe) ? $"model type {ModelType} is not supported; supported are unigram (1) and BPE (2)"
            : BlankIsSuffix ? "treat_whitespace_as_suffix is not supported"
            : !EscapeBlanks ? "escape_whitespaces = false is not supported"
            : Pieces.Any(p => p.Kind == PieceKind.Unused) ? "pieces of the kind UNUSED are not supported"
            : Pieces.Any(p => !float.IsFinite(p.Score)) ? "a piece's score is not finite"
            : Pieces.Any(p => p.Text.Length == 0) ? "a piece is empty"
            : Pieces.Find(p => !Enum.IsDefined(p.Kind)) is { Text: not null } odd ? $"the piece \"{odd.Text}\" is of an unknown kind ({(int)odd.Kind})"
            : Pieces.GroupBy(p => p.Text, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice ? $"the piece \"{twice.Key}\" is in it twice"
            : null;
        return wrong is null ? this : throw new InvalidInputException(path, null, wrong);
    }

    private void Read(CodedInputStream input) => Fields(input, (number, field) =>
    {
        switch (number)
        {
            case 1:
                Pieces.Add(ReadPiece(Message(field)));
                return true;
            case 2:
                ReadTrainer(Message(field));
                return true;
            case 3:
                ReadNormalizer(Message(field));
                return true;
            default:
                return false;
        }
    });

    private static SentencePiece ReadPiece(CodedInputStream input)
    {
        var (text, score, kind) = ("", 0f, PieceKind.Normal);
        Fields(input, (number, field) =>
        {
            switch (number)
            {
                case 1:
                    text = field.ReadString();
                    return true;
                case 2:
                    score = field.ReadFloat();
                    return true;
                case 3:
                    kind = (PieceKind)field.ReadEnum();
                    return true;
                default:
                    return false;
            }
        });
        return new SentencePiece(text, score, kind);
    }

    private void ReadTrainer(CodedInputStream input) => Fields(input, (number, field) =>
    {
        switch (number)
        {
            case 3:
                ModelType = field.ReadEnum();
                return true;
            case 24:
                BlankIsSuffix = field.ReadBool();
                return true;
            case 35:
                ByteFallback = field.ReadBool();
                return true;
            default:
                return false;
        }
    });

    private void ReadNormalizer(CodedInputStream input) => Fields(input, (number, field) =>
    {
        switch (number)
        {
            case 2:
                CharacterMap = field.ReadBytes().ToByteArray();
                return true;
            case 3:
                AddDummyPrefix = field.ReadBool();
                return true;
            case 4:
                RemoveExtraBlanks = field.ReadBool();
                return true;
            case 5:
                EscapeBlanks = field.ReadBool();
                return true;
            default:
                return false;
        }
    });

    private static CodedInputStream Message(CodedInputStream field) => new(field.ReadBytes().ToByteArray());

    private static void Fields(CodedInputStream input, Func<int, CodedInputStream, bool> read)
    {
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), input))
            {
                input.SkipLastField();
            }
        }
    }
}
