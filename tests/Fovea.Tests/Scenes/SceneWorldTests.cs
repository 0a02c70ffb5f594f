using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Data.Scenes;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Scenes;

public sealed class SceneWorldTests
{
    private const int Many = 3000;

    [Property(MaxTest = 30)]
    public void A_scene_depends_on_seed_split_and_index_alone(int seed, NonNegativeInt index)
    {
        var spec = new SceneSpec { Seed = seed };
        var scene = SceneWorld.Scene(spec, index.Get);
        var same = SceneWorld.Scene(spec with { NoiseRate = 0.9, WrongLabelRate = 0.5, NumScenes = 7, QuestionsPerDialogue = 9 }, index.Get);

        Assert.Equal(scene.TextureSeed, same.TextureSeed);
        Assert.Equal(scene.Objects, same.Objects);
        Assert.NotEqual(scene.TextureSeed, SceneWorld.Scene(spec with { Seed = seed + 1L }, index.Get).TextureSeed);
        Assert.NotEqual(scene.TextureSeed, SceneWorld.Scene(spec with { Split = "test" }, index.Get).TextureSeed);
        Assert.NotEqual(scene.TextureSeed, SceneWorld.Scene(spec, index.Get + 1).TextureSeed);
    }

    /// <summary>Exact: text and integers only. Results name a world by its spec, so a change of this hash makes earlier corpora another world.</summary>
    [Fact]
    public void The_world_of_a_spec_stays_the_same_from_version_to_version()
    {
        var spec = new SceneSpec { Seed = 1, NumScenes = 50, NoiseRate = 0.5, WrongLabelRate = 0.2, Bias = 0.3 };
        var texts = SceneCorpus.Captions(spec).Samples.Concat(SceneCorpus.Dialogues(spec).Samples).SelectMany(s => s.Turns).Select(t => t.Text);
        byte[] pixels = [.. SceneWorld.Scenes(spec).SelectMany(s => SceneRenderer.Render(s).Pixels)];

        Assert.Equal("e9719fc9193170cad459a6bb748499f6", ContentHash.OfText(string.Join('\n', texts))[..32]);
        Assert.Equal("6e3dc150e49e498fc437ad2f8a5b7993", ContentHash.OfBytes(pixels)[..32]);
    }

    [Property(MaxTest = 100)]
    public void Objects_have_different_shapes_and_different_cells_in_reading_order(int seed, bool conflict)
    {
        var objects = SceneWorld.Scene(new SceneSpec { Seed = seed, MinObjects = 1, MaxObjects = 5, Bias = 0.5, Conflict = conflict }, 0).Objects;

        Assert.Equal(objects.Count, objects.DistinctBy(o => o.Shape).Count());
        int[] cells = [.. objects.Select(o => (o.Row * SceneWorld.Grid) + o.Column)];
        Assert.Equal([.. cells.Distinct().Order()], cells);
        Assert.All(cells, c => Assert.InRange(c, 0, 8));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Bias_sets_the_rate_of_favourite_colours_and_of_partners(double bias)
    {
        Scene[] scenes = [.. SceneWorld.Scenes(new SceneSpec { NumScenes = Many, Bias = bias, MinObjects = 2, MaxObjects = 2 })];

        var favourites = scenes.SelectMany(s => s.Objects).Average(o => o.Colour == SceneWorld.Favourite(o.Shape) ? 1 : 0);
        var partners = scenes.Average(s => SceneWorld.Partner(s.Objects[0].Shape) == s.Objects[1].Shape ? 1.0 : 0);

        // Four standard errors of 6000 (3000) draws at most.
        Assert.Equal(bias + ((1 - bias) / 6), favourites, 0.03);
        Assert.Equal(bias + ((1 - bias) / 5), partners, 0.04);
    }

    [Fact]
    public void A_conflict_set_has_no_favourite_colour_and_no_partners()
    {
        Scene[] scenes = [.. SceneWorld.Scenes(new SceneSpec { NumScenes = 500, Bias = 0.9, Conflict = true })];

        Assert.All(scenes.SelectMany(s => s.Objects), o => Assert.NotEqual(SceneWorld.Favourite(o.Shape), o.Colour));
        Assert.All(scenes, s => Assert.DoesNotContain(s.Objects, o => s.Find(SceneWorld.Partner(o.Shape)) is not null));
    }

    [Fact]
    public void Shapes_colours_sizes_places_backgrounds_and_counts_are_even_without_bias()
    {
        Scene[] scenes = [.. SceneWorld.Scenes(new SceneSpec { NumScenes = Many })];
        SceneObject[] objects = [.. scenes.SelectMany(s => s.Objects)];

        Even(scenes.Select(s => (int)s.Background), 4);
        Even(scenes.Select(s => s.Objects.Count - 1), 3);
        Even(objects.Select(o => (int)o.Shape), 6);
        Even(objects.Select(o => (int)o.Colour), 6);
        Even(objects.Select(o => (int)o.Size), 2);
        Even(objects.Select(o => (o.Row * 3) + o.Column), 9);

        static void Even(IEnumerable<int> values, int kinds)
        {
            int[] all = [.. values];
            Assert.All(Enumerable.Range(0, kinds), k => Assert.Equal(1.0 / kinds, all.Count(v => v == k) / (double)all.Length, 0.04));
        }
    }

    [Fact]
    public void Fewer_shapes_are_the_first_ones_and_leave_one_absent()
    {
        var spec = new SceneSpec { NumScenes = 300, NumShapes = 4, Bias = 0.5 };
        Assert.Equal(SceneWords.Shapes.Take(4), SceneWorld.Scenes(spec).SelectMany(s => s.Objects).Select(o => SceneWords.Of(o.Shape)).Distinct()
            .OrderBy(s => SceneWords.Shapes.ToList().IndexOf(s)));
        var texts = SceneCorpus.Captions(spec).Samples.Concat(SceneCorpus.Dialogues(spec with { PriorPartnerRate = 1, WrongLabelRate = 0.5 }).Samples)
            .SelectMany(s => s.Turns).Select(t => t.Text);
        Assert.All(texts, t => Assert.DoesNotContain(SceneWords.Shapes.Skip(4), w => t.Contains(" " + w, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_knob_out_of_range_is_one_clear_line()
    {
        Assert.Equal("scene spec: bias must be 0 to 1, got 1.5", Message(new SceneSpec { Bias = 1.5 }));
        Assert.Equal("scene spec: noise_rate must be 0 to 1, got NaN", Message(new SceneSpec { NoiseRate = double.NaN }));
        Assert.Equal("scene spec: min_objects must be 1 to max_objects, got 4", Message(new SceneSpec { MinObjects = 4 }));
        Assert.Equal("scene spec: num_shapes must be max_objects + 1 to 6, got 3", Message(new SceneSpec { NumShapes = 3 }));
        Assert.Equal("scene spec: text_only_question_rate must be 0 to 1, got -1", Message(new SceneSpec { TextOnlyQuestionRate = -1 }));
        Assert.Contains("split must be", Message(new SceneSpec { Split = "../train" }), StringComparison.Ordinal);
        Assert.Contains("max_objects must be 1 to 5", Message(new SceneSpec { MaxObjects = 6 }), StringComparison.Ordinal);

        static string Message(SceneSpec spec) => Assert.Throws<FoveaException>(() => spec.Validated()).Message;
    }
}
