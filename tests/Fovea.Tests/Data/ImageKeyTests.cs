using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Tests.Training;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>A name is a picture by the file that it leads to, and by nothing else.</summary>
public sealed class ImageKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_files_over_one_image_folder_share_their_pictures()
    {
        var (a, b) = (Corpus("a.json", "images", "1.png"), Corpus("b.json", "images", "./1.png", "sub/../1.png", "2.png"));
        Assert.Equal([true, true, false], Shared(a, b));
    }

    [Fact]
    public void Two_image_folders_of_one_naming_share_none() =>
        Assert.Equal([false, false], Shared(Corpus("a.json", "images", "1.png"), Corpus("b.json", "others", "1.png", "2.png")));

    [Fact]
    public void A_folder_within_a_folder_and_a_folder_by_another_name_share_theirs()
    {
        Directory.CreateDirectory(_folder["all/coco"]);
        Directory.CreateSymbolicLink(_folder["linked"], _folder["all"]);
        Directory.CreateSymbolicLink(_folder["all/again"], _folder["all/coco"]);
        File.WriteAllText(_folder["all/coco/1.png"], "");
        File.CreateSymbolicLink(_folder["all/coco/one.png"], "1.png");
        var a = Corpus("a.json", "all/coco", "1.png");
        Assert.Equal([true, true, true], Shared(a, Corpus("b.json", "all", "coco/1.png", "again/1.png", "coco/one.png")));
        Assert.Equal([true, true, false], Shared(a, Corpus("c.json", "linked/", "coco/1.png", "again//1.png", "1.png")));
    }

    [Fact]
    public void Links_in_a_loop_end()
    {
        Directory.CreateDirectory(_folder["loop"]);
        File.CreateSymbolicLink(_folder["loop/a"], "b/x");
        File.CreateSymbolicLink(_folder["loop/b"], "a/y");
        Assert.Equal([false], Shared(Corpus("a.json", "loop", "a/1.png"), Corpus("b.json", "loop", "c/1.png")));
    }

    [Fact]
    public void Captions_of_two_folders_have_pictures_too()
    {
        File.WriteAllText(_folder["coco.json"], """{"images": [{"id": 1, "file_name": "1.png"}], "annotations": [{"id": 1, "image_id": 1, "caption": "a"}]}""");
        Assert.Equal([true], Shared(Corpus("a.json", "images", "1.png"), CocoCaptionsCorpus.Open(_folder["coco.json"], _folder["images"]).Samples));
    }

    private static bool[] Shared(IReadOnlyList<Sample> first, IReadOnlyList<Sample> second)
    {
        var keys = new ImageKeys();
        var known = first.SelectMany(s => keys.Of(s)).ToHashSet();
        return [.. second.Select(s => known.Contains(keys.Of(s, 0)))];
    }

    private IReadOnlyList<Sample> Corpus(string file, string images, params string[] names)
    {
        var records = names.Select(n => $$"""{"image": "{{n}}", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a"}]}""");
        File.WriteAllText(_folder[file], $"[{string.Join(',', records)}]");
        Directory.CreateDirectory(_folder[images]);
        return LlavaJsonCorpus.Open(_folder[file], _folder[images]).Samples;
    }
}
