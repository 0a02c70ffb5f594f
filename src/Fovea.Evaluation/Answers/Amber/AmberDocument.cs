using Fovea.Evaluation.Answers.Outcomes;

namespace Fovea.Evaluation.Answers.Amber;

/// <summary>AMBER's figures as a document: fractions, and beside them what its code prints.</summary>
internal static class AmberDocument
{
    // What the code adds to P + R, to divide by: for existence ten times what it adds elsewhere.
    private const double Addend = 0.0001, AddendOfExistence = 0.001;

    public static JsonObject Of(OutcomeTable table, AmberQuery[] queries, string[] groups, string[] figures)
    {
        var (values, numQuestions) = (table.Values(), queries.Count(q => !q.IsGenerative));
        var numDescriptions = queries.Length - numQuestions;
        JsonObject Asked(string suffix, int count) => new(figures.Select(f => KeyValuePair.Create(f, (JsonNode?)values[f + suffix])).Append(KeyValuePair.Create("n", (JsonNode?)count)));
        var printed = new JsonObject();
        var document = new JsonObject { ["generative"] = null, ["discriminative"] = null, ["amber_score"] = null, ["printed"] = printed };
        if (numDescriptions > 0)
        {
            string[] names = ["chair", "cover", "hal", "cog"];
            document["generative"] = new JsonObject(names.Select(n => KeyValuePair.Create(n, (JsonNode?)values[n])).Append(KeyValuePair.Create("n", (JsonNode?)numDescriptions)));
            printed["generative"] = new JsonObject(names.Select(n => KeyValuePair.Create(n, (JsonNode?)Percent(values[n]))));
        }

        if (numQuestions > 0)
        {
            var asked = groups.Where(g => values.ContainsKey($"accuracy/{g}")).Select(g => (Name: g, Suffix: "/" + g, Count: queries.Count(q => !q.IsGenerative && q.Groups.Contains(g))))
                .Prepend((Name: "overall", Suffix: "", Count: numQuestions)).ToArray();
            document["discriminative"] = new JsonObject(asked.Select(g => KeyValuePair.Create(g.Name, (JsonNode?)Asked(g.Suffix, g.Count))));
            printed["discriminative"] = new JsonObject(asked.Select(g => KeyValuePair.Create(g.Name, (JsonNode?)Printed(values, g.Suffix))));
        }

        if (values.GetValueOrDefault("f1") is { } f1 && values.GetValueOrDefault("chair") is { } chair)
        {
            document["amber_score"] = (1 - chair + f1) / 2;
        }

        return document;
    }

    /// <summary>Per cent with one decimal, and F1 from precision and recall so rounded.</summary>
    private static JsonObject Printed(IReadOnlyDictionary<string, double?> values, string suffix)
    {
        var (precision, recall) = (Percent(values["precision" + suffix]) ?? 0, Percent(values["recall" + suffix]) ?? 0);
        var f1 = 2 * (precision / 100) * (recall / 100) / ((precision / 100) + (recall / 100) + (suffix == "/existence" ? AddendOfExistence : Addend));
        return new JsonObject { ["accuracy"] = Percent(values["accuracy" + suffix]), ["precision"] = precision, ["recall"] = recall, ["f1"] = Percent(f1) };
    }

    private static double? Percent(double? value) => value is { } v ? Math.Round(100 * v, 1) : null;
}
