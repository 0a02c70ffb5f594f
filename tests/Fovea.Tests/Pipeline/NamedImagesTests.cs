using System.Diagnostics;
using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Pipeline;

/// <summary>Of an image folder, what records name decides, and nothing else is looked at.</summary>
public sealed class NamedImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public NamedImagesTests()
    {
        Directory.CreateDirectory(_folder["images/sub"]);
        File.WriteAllText(_folder["images/a.png"], "picture a");
        File.WriteAllText(_folder["images/sub/b.png"], "picture b");
        Corpus("data.json", "a.png", "sub/b.png");
    }

    private DataSource Source => new() { File = _folder["data.json"], Images = _folder["images"] };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_no_record_names_changes_nothing()
    {
        var before = Hash();
        File.WriteAllText(_folder["images/other.png"], "unrelated");
        Directory.CreateSymbolicLink(_folder["images/sub/up"], "..");
        Directory.CreateSymbolicLink(_folder["images/again"], ".");
        File.CreateSymbolicLink(_folder["images/dangling.png"], "nowhere");
        Pipe("images/pipe.png");
        Assert.Equal(before, Hash());
    }

    [Fact]
    public void A_run_is_not_resumed_with_another_image_and_the_message_names_it()
    {
        Run();
        Run();
        File.WriteAllText(_folder["images/sub/b.png"], "picture c");
        Assert.Contains("\"sub/b.png\" changed", Assert.Throws<FoveaException>(Run).Message, StringComparison.Ordinal);
        File.Delete(_folder["images/sub/b.png"]);
        Assert.Contains("\"sub/b.png\" is missing", Assert.Throws<FoveaException>(Run).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["images/sub/b.png"], "picture b");
        Run();
    }

    [Fact]
    public void A_corpus_may_move_with_its_images()
    {
        Run();
        Directory.CreateDirectory(_folder["moved"]);
        File.Move(_folder["data.json"], _folder["moved/data.json"]);
        Directory.Move(_folder["images"], _folder["moved/pictures"]);
        Run(new DataSource { File = _folder["moved/data.json"], Images = _folder["moved/pictures"] });
        File.Move(_folder["moved/data.json"], _folder["moved/new.json"]);
        var renamed = new DataSource { File = _folder["moved/new.json"], Images = _folder["moved/pictures"] };
        Assert.Contains("--rename OLD=NEW", Assert.Throws<FoveaException>(() => Run(renamed)).Message, StringComparison.Ordinal);
        Run(Renamed.Apply([renamed], ["data.json=new.json"])[0]);
    }

    [Fact]
    public void A_link_that_leaves_the_folder_is_followed_only_where_that_is_allowed()
    {
        Directory.CreateDirectory(_folder["disk"]);
        File.WriteAllText(_folder["disk/c.png"], "picture c");
        Directory.CreateSymbolicLink(_folder["images/coco"], _folder["disk"]);
        File.CreateSymbolicLink(_folder["images/one.png"], _folder["disk/c.png"]);
        File.CreateSymbolicLink(_folder["images/inside.png"], "a.png");
        Corpus("data.json", "coco/c.png", "one.png", "inside.png");
        var (strict, linked) = (Open(followLinks: false), Open(followLinks: true));
        foreach (var sample in strict.Samples.Take(2))
        {
            Assert.Contains("--follow-links", Assert.Throws<InvalidInputException>(() => strict.ImagePath(sample, 0)).Message, StringComparison.Ordinal);
            Assert.Equal("picture c", File.ReadAllText(linked.ImagePath(sample, 0)));
        }

        Assert.Equal("picture a", File.ReadAllText(strict.ImagePath(strict.Samples[2], 0)));
    }

    [Fact]
    public void A_links_target_is_followed_part_by_part_as_the_system_does()
    {
        Directory.CreateDirectory(_folder["outside/deep"]);
        File.WriteAllText(_folder["outside/secret.png"], "secret");
        Directory.CreateSymbolicLink(_folder["images/way"], _folder["outside/deep"]);
        File.CreateSymbolicLink(_folder["images/x.png"], "way/../secret.png"); // outside/secret.png, though it reads like images/secret.png
        Corpus("data.json", "x.png");
        var corpus = Open(followLinks: false);
        Assert.Contains($"(to {_folder["outside/secret.png"]})", Assert.Throws<InvalidInputException>(() => corpus.ImagePath(corpus.Samples[0], 0)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../secret.png")]
    [InlineData("sub/../../secret.png")]
    [InlineData("/etc/passwd")]
    public void A_name_that_leaves_the_folder_is_refused_also_where_links_may(string name)
    {
        Corpus("data.json", name);
        Assert.Contains("leaves the image folder", Assert.Throws<InvalidInputException>(() => Open(followLinks: true)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("loop.png", "not found")]
    [InlineData("pipe.png", "got a pipe")]
    [InlineData("zero.png", "got a device")]
    [InlineData("sub", "got a folder")]
    public void What_is_no_file_is_refused_by_record_and_never_opened(string name, string why)
    {
        File.CreateSymbolicLink(_folder["images/loop.png"], "loop.png");
        File.CreateSymbolicLink(_folder["images/zero.png"], "/dev/zero");
        Pipe("images/pipe.png");
        Corpus("data.json", "a.png", name);
        var corpus = Open(followLinks: true);
        var error = Assert.Throws<InvalidInputException>(() => corpus.FindImages(corpus.Samples[1]));
        Assert.Equal(1, error.Record);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal(InputHasher.Unreadable, Lists()[1].Sha256);
    }

    [Fact]
    public void Two_files_of_one_name_are_told_apart_by_a_name_of_ones_own()
    {
        Directory.CreateDirectory(_folder["more"]);
        File.Copy(_folder["data.json"], _folder["more/data.json"]);
        var more = new DataSource { File = _folder["more/data.json"], Images = _folder["images"] };
        Assert.Contains("\"name\"", Assert.Throws<InvalidInputException>(() => CorpusFiles.Open([Source, more], new InvalidRecords(0))).Message,
            StringComparison.Ordinal);
        var both = CorpusFiles.Open([Source, more with { Name = "more/data.json" }], new InvalidRecords(0));
        Assert.Equal(["data.json#0", "data.json#1", "more/data.json#0", "more/data.json#1"], both.Samples.Select(s => $"{s.Key}"));
    }

    [Theory]
    [InlineData("old.json")]
    [InlineData("=new.json")]
    [InlineData("old.json=")]
    [InlineData("old.json=none.json")]
    public void A_rename_that_names_no_file_is_refused(string text) =>
        Assert.Contains($"--rename {text}", Assert.Throws<UsageException>(() => Renamed.Apply([Source], [text])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_has_one_former_name() =>
        Assert.Contains("has a former name already",
            Assert.Throws<UsageException>(() => Renamed.Apply([Source], ["a.json=data.json", "b.json=data.json"])).Message, StringComparison.Ordinal);

    private SortedDictionary<string, string> Hash() => Hash(new InputHasher());

    private SortedDictionary<string, string> Hash(InputHasher hasher) => new InputHashes(hasher).Data("data", [Source]).Images("data", [Source]).ByRole;

    private IReadOnlyList<NamedHash> Lists()
    {
        var hasher = new InputHasher();
        Hash(hasher);
        return hasher.Lists["data[0].images"];
    }

    private void Run() => Run(Source);

    private void Run(DataSource source) => Assert.True(StageRunner.Run(new Looking([source]),
        new StageContext(_folder["out"], 1, new SilentProgress(), TestContext.Current.CancellationToken), Existing.Continue).Complete);

    private LlavaJsonCorpus Open(bool followLinks) => LlavaJsonCorpus.Open(_folder["data.json"], _folder["images"], new InvalidRecords(0), followLinks);

    private void Corpus(string file, params string[] images) => File.WriteAllText(_folder[file], new JsonArray([.. images.Select(i => (JsonNode)new JsonObject
    {
        ["image"] = i,
        ["conversations"] = new JsonArray(new JsonObject { ["from"] = "human", ["value"] = "<image>" },
            new JsonObject { ["from"] = "gpt", ["value"] = "a word" }),
    })]).ToJsonString());

    private void Pipe(string name)
    {
        using var make = Process.Start("mkfifo", [_folder[name]]);
        make.WaitForExit();
    }

    private sealed record Looking(IReadOnlyList<DataSource> Data) : IStage
    {
        public string Kind => "looking";

        public SortedDictionary<string, string> HashInputs(InputHasher hasher) => new InputHashes(hasher).Data("data", Data).Images("data", Data).ByRole;

        public JsonObject Run(StageContext context) => [];
    }
}
