using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Samples;
using Fovea.Core.Scores;
using Fovea.Core.Watching;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Tests.Store;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Which condition VIG is taken against, where nobody says.</summary>
public sealed class SelectStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vig")]
    [InlineData("prior")]
    public void Priors_scores_beside_one_proxy_need_no_name_for_it(string method)
    {
        string[] stores = [Store("prior", Conditions.TextOnlyReference), Store("vig", Conditions.Image, Conditions.Visionless("blur"))];
        var found = Run(method, stores);
        Assert.Equal(found["tau"]?.ToJsonString(), Run(method, [stores[1], stores[0]])["tau"]?.ToJsonString());
        Assert.NotNull(found["tau"]);
    }

    [Fact]
    public void The_order_of_the_stores_is_no_matter_and_the_context_is_kept()
    {
        string[] stores = [Store("prior", Conditions.TextOnlyReference), Store("vig", Conditions.Image, Conditions.Visionless("blur"))];
        var joined = new JoinedStores(stores, null);
        string[] wanted = [Conditions.Image, Conditions.Visionless("blur"), Conditions.TextOnlyReference];
        Assert.All(joined.Read(wanted),
            r => Assert.Equal(("context" + r.Key.Record, "image" + r.Key.Record, 3), (r.ContextFingerprint, r.ImageHash, r.LogProbs.Count)));
        Assert.All(joined.Read([Conditions.Image]), r => Assert.Single(r.LogProbs));
        Assert.All(new JoinedStores([stores[1], stores[0]], null).Read([Conditions.TextOnlyReference]), r => Assert.Single(r.LogProbs));
        Assert.Contains("condition image", Assert.Throws<FoveaException>(() => new JoinedStores([stores[1], stores[1]], null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_proxies_one_must_be_named()
    {
        string[] stores = [Store("vig", Conditions.Image, Conditions.Visionless("blur"), Conditions.Visionless("black"))];
        var error = Assert.Throws<UsageException>(() => Run("vig", stores));
        Assert.Contains("visionless:black, visionless:blur", error.Message, StringComparison.Ordinal);
        Assert.Contains("no visionless condition", Assert.Throws<UsageException>(
            () => Run("vig", [Store("prior", Conditions.TextOnlyReference)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_of_a_corpus_without_images_is_said_to_hold_no_scores() =>
        Assert.Contains("none of their samples has an image that could be scored", Assert.Throws<UsageException>(() => Run("vig", [Store("text")])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Scores_of_the_text_alone_from_an_earlier_version_are_refused_by_folder()
    {
        var folder = Store("old", Conditions.TextOnlyReference);
        using (var store = ScoreStoreWriter.Open(_folder.File("older"), ScoreRows.Provenance))
        {
            store.WriteShard(0, [.. ScoreStoreReader.Open(folder).Read().Select(r => r with { ConversationFingerprint = null })]);
            store.Complete();
        }

        var error = Assert.Throws<InvalidInputException>(() => new JoinedStores([_folder.File("older")], null));
        Assert.Equal(_folder.File("older"), error.File);
        Assert.Contains("earlier version", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_that_no_store_holds_is_named_with_the_command_that_scores_it()
    {
        var message = Assert.Throws<UsageException>(() => Run("prior", [Store("vig", Conditions.Image, Conditions.Visionless("blur"))])).Message;
        Assert.Contains("text_only_reference", message, StringComparison.Ordinal);
        Assert.Contains("they hold image, visionless:blur", message, StringComparison.Ordinal);
        Assert.Contains("'fovea score prior'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_place_of_scores_are_named_as_what_they_are()
    {
        File.WriteAllText(_folder.File(SelectStage.FileName), "");
        var stage = new SelectStage { Scores = [_folder.Path], Method = "vig" };
        var error = Assert.Throws<InvalidInputException>(() => stage.HashInputs(new InputHasher()));
        Assert.Equal(_folder.Path, error.File);
        Assert.Contains("give the score store that they were made from", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("visionless:none")]
    [InlineData("visionless:grey")]
    [InlineData("none")]
    public void A_condition_given_by_its_whole_name_that_no_store_holds_is_not_called_an_unknown_proxy(string against)
    {
        var message = Assert.Throws<UsageException>(() => Run("vig", [Store("vig", Conditions.Image, Conditions.Visionless("blur"))], against)).Message;
        Assert.Equal($"--against {against}: not in the stores, which hold visionless:blur", message);
    }

    [Fact]
    public void A_store_without_scores_is_said_to_hold_none()
    {
        using (var store = ScoreStoreWriter.Open(_folder.File("empty"), ScoreRows.Provenance))
        {
            store.WriteTokens([.. Enumerable.Range(0, 40).Select(i => $"t{i}")]);
            store.Complete();
        }

        Directory.CreateDirectory(_folder.File("out"));
        var stage = new SelectStage { Scores = [_folder.File("empty")], Method = "prior" };
        var message = Assert.Throws<UsageException>(
            () => stage.Run(new StageContext(_folder.File("out"), 1, new SilentProgress(), TestContext.Current.CancellationToken))).Message;
        Assert.Contains("they hold no scores. Score it with 'fovea score prior'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_of_a_renamed_file_have_its_new_name()
    {
        var rows = new JoinedStores([Store("prior", Conditions.TextOnlyReference)], null, Names(("data.json", "new.json"))).Read(null);
        Assert.All(rows, r => Assert.Equal("new.json", r.Key.Source));
    }

    [Fact]
    public void A_renamed_file_that_no_store_holds_is_an_error_that_names_those_which_they_hold()
    {
        string[] stores = [Store("prior", Conditions.TextOnlyReference), Store("vig", Conditions.Image, Conditions.Visionless("blur"))];
        var message = Assert.Throws<UsageException>(() => new JoinedStores(stores, null, Names(("dat.json", "new.json")))).Message;
        Assert.Equal("--rename dat.json=new.json: the score stores hold no sample of dat.json; they hold those of data.json", message);
    }

    [Fact]
    public void Two_files_do_not_become_one_by_a_new_name()
    {
        string[] stores = [Store("a.json and b.json", Conditions.TextOnlyReference)];
        Assert.Contains("another file", Assert.Throws<UsageException>(() => new JoinedStores(stores, null, Names(("a.json", "b.json")))).Message,
            StringComparison.Ordinal);
        Assert.Contains("another file", Assert.Throws<UsageException>(
            () => new JoinedStores(stores, null, Names(("a.json", "c.json"), ("b.json", "c.json")))).Message, StringComparison.Ordinal);
        var swapped = new JoinedStores(stores, null, Names(("a.json", "b.json"), ("b.json", "a.json"))).Read(null);
        Assert.Equal(["b.json", "a.json", "b.json", "a.json"], swapped.Select(r => r.Key.Source));
    }

    private static Dictionary<string, string> Names(params (string Old, string New)[] names) => names.ToDictionary(n => n.Old, n => n.New);

    private JsonObject Run(string first, string[] stores, string? against = null)
    {
        var stage = new SelectStage { Scores = stores, Method = first, Against = against, Times = [first == "vig" ? "uniform" : "vig"], P = 50 };
        var target = _folder.File(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(target);
        return stage.Run(new StageContext(target, 1, new SilentProgress(), TestContext.Current.CancellationToken));
    }

    private string Store(string name, params string[] conditions)
    {
        var folder = _folder.File(name);
        using var store = ScoreStoreWriter.Open(folder, ScoreRows.Provenance);
        store.WriteTokens([.. Enumerable.Range(0, 40).Select(i => $"t{i}")]);
        store.WriteShard(0, [.. Enumerable.Range(0, 4).Select(r => ScoreRows.Scored(r, [0], [0]) with
        {
            Key = new SampleKey(name.Contains(" and ", StringComparison.Ordinal) ? name.Split(" and ")[r % 2] : "data.json", r),
            TargetIds = [1, 2],
            EndTargets = [1],
            ContextFingerprint = conditions.Contains(Conditions.Image) ? $"context{r}" : null,
            ImageHash = conditions.Contains(Conditions.Image) ? $"image{r}" : null,
            LogProbs = conditions.ToDictionary(c => c, c => new[] { -1f - r - c.Length, -0.5f }),
        })]);
        store.Complete();
        return folder;
    }
}
