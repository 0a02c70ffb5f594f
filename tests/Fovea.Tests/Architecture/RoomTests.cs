using System.Reflection;
using System.Text.RegularExpressions;
using Fovea.Core.Configuration;
using Fovea.Tests.Pipeline;
using Xunit;

namespace Fovea.Tests.Architecture;

public sealed class RoomTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Torch"] = ["Core"],
        ["Models"] = ["Core", "Torch"],
        ["Data"] = ["Core"],
        ["Store"] = ["Core"],
        ["Scoring"] = ["Core", "Torch", "Models", "Data", "Store"],
        ["Selection"] = ["Core", "Store"],
        ["Training"] = ["Core", "Torch", "Models", "Data", "Store"],
        ["Evaluation"] = ["Core", "Torch", "Models", "Data", "Store"],
        ["Verification"] = ["Core", "Torch", "Models", "Data", "Store", "Scoring", "Selection", "Training", "Evaluation"],
        ["Reporting"] = ["Core"],
        ["Pipeline"] = ["Core", "Torch", "Models", "Data", "Store", "Scoring", "Selection", "Training", "Evaluation", "Reporting"],
    };

    public static TheoryData<string> Rooms => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_only_the_rooms_that_ARCHITECTURE_names(string room)
    {
        var used = Assembly.Load("Fovea." + room).GetReferencedAssemblies()
            .Select(a => a.Name!).Where(n => n.StartsWith("Fovea.", StringComparison.Ordinal)).Select(n => n["Fovea.".Length..]);
        Assert.Empty(used.Except(Allowed[room]));
        var row = File.ReadLines(Path.Combine(Repository.Root, "ARCHITECTURE.md")).First(l => l.StartsWith($"| Fovea.{room} |", StringComparison.Ordinal));
        var documented = row.Split('|')[3].Split(',').Select(c => c.Trim());
        Assert.Empty(Allowed[room].Except(documented));
    }

    public static TheoryData<string> Configs => [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "configs"), "*.jsonc")
        .Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Every_shipped_config_loads_and_plans(string name)
    {
        var path = Path.Combine(Repository.Root, "configs", name);
        if (name is "language-model.jsonc" or "reference.jsonc" or "align.jsonc" or "pretrain.jsonc" or "tune.jsonc" or "lora.jsonc")
        {
            ConfigBinder.Load<Fovea.Pipeline.Stages.TrainStage>(path).Training.Validate();
            return;
        }

        var plan = ShippedPlans.Read(name).Stages;
        Assert.NotEmpty(plan);
        Assert.Equal(plan.Count, plan.Select(s => s.Name).Distinct().Count());
        Assert.All(plan, s => Assert.All(s.After, a => Assert.Contains(plan, b => b.Name == a)));
    }

    [Theory]
    [InlineData("demo.jsonc")]
    [InlineData("llava.jsonc")]
    public void A_plans_stages_come_after_all_that_they_read(string name)
    {
        var plan = ShippedPlans.Read(name).Stages;
        var seen = new HashSet<string>();
        foreach (var stage in plan)
        {
            Assert.Subset(seen, stage.After.ToHashSet());
            seen.Add(stage.Name);
            foreach (var folder in plan.Select(s => s.Name).Where(n => n != stage.Name && Mentions(stage.Config.ToJsonString(), n)))
            {
                Assert.Contains(folder, stage.After);
            }
        }
    }

    public static TheoryData<string> Documents =>
        ["README.md", "bench/README.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(f => "docs/" + Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_line_of_a_document_is_understood(string document)
    {
        var lines = File.ReadLines(Path.Combine(Repository.Root, document))
            .Where(l => l.StartsWith("fovea ", StringComparison.Ordinal) && !l.Contains("...", StringComparison.Ordinal)).ToArray();
        Assert.True(document != "README.md" || lines.Length > 15);
        Assert.All(lines, l => Assert.Null(Fovea.Tests.Cli.CommandTree.Wrong(l.Split(" #")[0])));
    }

    public static TheoryData<string> Explanations =>
        ["ARCHITECTURE.md", "CONTRIBUTING.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Select(f => "docs/" + Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Explanations))]
    public void Every_type_and_member_that_a_document_names_exists(string document)
    {
        var words = SourceFolders.SelectMany(d => Directory.EnumerateFiles(Path.Combine(Repository.Root, d), "*.cs", SearchOption.AllDirectories))
            .SelectMany(f => Word.Matches(File.ReadAllText(f)).Select(m => m.Value)).ToHashSet();
        var named = Name.Matches(File.ReadAllText(Path.Combine(Repository.Root, document))).SelectMany(m => m.Groups[1].Value.Split('.'));
        Assert.Empty(named.Except(words));
    }

    [Fact]
    public void Every_place_that_ARCHITECTURE_names_is_there()
    {
        var places = Place.Matches(File.ReadAllText(Path.Combine(Repository.Root, "ARCHITECTURE.md"))).Select(m => m.Groups[1].Value).ToArray();
        Assert.True(places.Length > 25);
        Assert.All(places, p => Assert.True(Directory.Exists(InSource(p)) || File.Exists(InSource(p) + ".cs"), p));
    }

    private static string InSource(string place) => Path.Combine(Repository.Root, "src", "Fovea." + place);

    // A room, its folder and perhaps a file: `Store/WeightNormalizer`, or a row of the table of folders.
    private static readonly Regex Place =
        new(@"(?:`|^\| |, )((?:Core|Torch|Models|Data|Store|Scoring|Selection|Training|Evaluation|Verification|Reporting|Pipeline|Cli)/[A-Za-z/]+)",
            RegexOptions.Multiline);
    private static readonly string[] SourceFolders = ["src", "tests"];
    private static readonly Regex Word = new(@"\w+");
    private static readonly Regex Name = new("`([A-Z][a-z]+[A-Z][A-Za-z]*(?:\\.[A-Z]\\w+)*)`");

    private static bool Mentions(string json, string stage) =>
        json.Contains($"out/{stage}\"", StringComparison.Ordinal) || json.Contains($"out/{stage}/", StringComparison.Ordinal);
}

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Fovea.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
