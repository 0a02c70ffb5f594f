using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>From a folder of JSON, photographs and a model's files to ids: those of the end-to-end reference, exactly.</summary>
public sealed class EndToEndGoldenTests
{
    [Fact]
    public void Ids_and_targets_of_both_views_are_those_of_the_reference()
    {
        var folders = Fixture.Json("fixtures/endtoend/index.json").GetProperty("cases").EnumerateArray().Select(c => c.Text("folder")).ToList();
        Assert.NotEmpty(folders);
        Assert.All(folders, name =>
        {
            var root = TestData.Find($"fixtures/endtoend/{name}");
            var fixture = Fixture.Json($"fixtures/endtoend/{name}/case.json");
            var tokenizer = Tokenizer.Load(Path.Combine(root, "model"));
            var (encoder, image, count) = (new SampleEncoder(tokenizer, TemplateChoice.Parse("auto")), tokenizer.IdOf("<image>")!.Value,
                fixture.GetProperty("image_tokens").GetInt32());
            var data = LlavaJsonCorpus.Open(Path.Combine(root, "data.json"), Path.Combine(root, "images"));
            Assert.All(data.Samples, data.FindImages);
            var samples = fixture.GetProperty("samples").EnumerateArray().ToList();
            Assert.Equal(samples.Count, data.Samples.Count);
            foreach (var (expected, sample) in samples.Zip(data.Samples))
            {
                var tokens = encoder.Encode(sample);
                Assert.Equal(expected.GetProperty("input_ids").Ints(), tokens.InputIds.SelectMany(i => Enumerable.Repeat(
                    i == TokenizedSample.ImagePlaceholder ? image : i, i == TokenizedSample.ImagePlaceholder ? count : 1)));
                Assert.Equal(expected.GetProperty("target_ids").Ints(), tokens.TargetIds());
                Assert.Equal(tokens.TextFingerprint, new TextOnlyEncoder(encoder).Encode(sample).TextFingerprint);
            }

            var captions = LlavaJsonCorpus.Open(Path.Combine(root, "captions.json"), Path.Combine(root, "images"));
            foreach (var (expected, sample) in fixture.GetProperty("prior").EnumerateArray().Zip(captions.Samples))
            {
                var text = new TextOnlyEncoder(encoder).Encode(sample);
                Assert.Equal([tokenizer.BosId!.Value, .. expected.GetProperty("target_ids").Ints()], text.InputIds);
                Assert.Equal(expected.GetProperty("target_ids").Ints(), text.TargetIds());
            }
        });
    }
}
