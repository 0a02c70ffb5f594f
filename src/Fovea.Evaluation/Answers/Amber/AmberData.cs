using System.Text;
using Fovea.Evaluation.Answers.Reading;

namespace Fovea.Evaluation.Answers.Amber;

/// <summary>A query of AMBER and what is right.</summary>
/// <param name="Id">Its number, from 1.</param>
/// <param name="Type">Its type as annotated, such as <c>generative</c> or <c>discriminative-attribute-state</c>.</param>
/// <param name="Image">The image's name.</param>
/// <param name="Truth">Objects in the image; of a question, <c>yes</c> or <c>no</c>.</param>
/// <param name="Hallucinated">Objects that a reader would expect in the image and that are not there; empty for a question.</param>
internal sealed record AmberQuery(int Id, string Type, string Image, IReadOnlyList<string> Truth, IReadOnlyList<string> Hallucinated)
{
    public bool IsGenerative => Type == "generative";

    /// <summary>The dimension that is asked about and reported: all answers of one, or none, are expected.</summary>
    public string Dimension => IsGenerative ? "generative" : Type switch
    {
        "discriminative-hallucination" => "existence",
        "discriminative-attribute-state" or "discriminative-attribute-number" or "discriminative-attribute-action" => "attribute",
        _ => "relation",
    };

    /// <summary>The groups whose figures a question counts in.</summary>
    public IReadOnlyList<string> Groups => Dimension == "attribute" ? [Dimension, Type[(Type.LastIndexOf('-') + 1)..]] : [Dimension];
}

/// <summary>AMBER's own data: its folder <c>data</c>.</summary>
/// <param name="Queries">All queries, by id.</param>
/// <param name="Associated">Words that name a part or kind of an object, by object (<c>relation.json</c>).</param>
/// <param name="SafeWords">Words that never count as hallucinated.</param>
internal sealed record AmberData(
    IReadOnlyDictionary<int, AmberQuery> Queries, IReadOnlyDictionary<string, IReadOnlyList<string>> Associated, IReadOnlySet<string> SafeWords)
{
    /// <summary>The file of all queries.</summary>
    public const string AllQueries = "query_all.json";

    /// <summary>One of the folder's files.</summary>
    /// <exception cref="InvalidInputException">It is missing.</exception>
    public static string FileOf(string folder, string name) => AnswerFolder.Files(folder, Path.GetExtension(name)).FirstOrDefault(f => PackedFile.NameOf(f) == name)
        ?? throw new InvalidInputException(folder, null, $"has no {name}; expected the folder data of junyangwang0410/AMBER");

    /// <summary>Reads the folder.</summary>
    /// <exception cref="InvalidInputException">A file is missing or is none of AMBER's.</exception>
    public static AmberData Read(string folder)
    {
        string Named(string name) => FileOf(folder, name);
        var images = AnswerRecords.Read(Named(AllQueries)).ToDictionary(q => q.Field("id").WholeNumber(1), q => q.Field("image").Text());
        var queries = new Dictionary<int, AmberQuery>();
        foreach (var record in AnswerRecords.Read(Named("annotations.json")))
        {
            var id = record.Field("id").WholeNumber(1);
            var truth = record.Field("truth");
            if (!queries.TryAdd(id, new AmberQuery(id, record.Field("type").Text(), images.GetValueOrDefault(id) ?? throw record.Error($"query {id} is not in query_all.json"),
                truth.Element.ValueKind == JsonValueKind.Array ? record.Texts("truth") : [truth.Text()], record.Texts("hallu"))))
            {
                throw record.Error($"query {id} is annotated twice");
            }
        }

        var associated = AnswerRecords.Read(Named("relation.json")).SelectMany(r => r.Keys().Select(k => (Key: k, Words: (IReadOnlyList<string>)r.Texts(k))))
            .ToDictionary(r => r.Key, r => r.Words, StringComparer.Ordinal);
        var safe = Encoding.UTF8.GetString(PackedFile.ReadAllBytes(Named("safe_words.txt"))).Split('\n').Select(l => l.TrimEnd('\r'));
        return new AmberData(queries, associated, new HashSet<string>(safe, StringComparer.Ordinal));
    }

    /// <summary>Words that a response may be counted by: all objects and all that is associated with them.</summary>
    public IReadOnlySet<string> Vocabulary() => Associated.Keys.Concat(Associated.Values.SelectMany(w => w)).ToHashSet(StringComparer.Ordinal);
}
