using Fovea.Evaluation.Asking;
using Fovea.Evaluation.Running;
using Fovea.Models.Batching;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using TorchSharp;

namespace Fovea.Verification.Benches;

/// <summary>
/// Questions to the benches' LLaVA, several about each image and with short answers, against a loop that reads each question with its image and then continues
/// it by a cache of its own. Both in turn, a block of questions at a time, so that a moment in which the machine was busy elsewhere is one of both.
/// </summary>
public sealed class AskBench(int questions, Action<string> notice)
{
    private const int PerImage = 6, BlockImages = 8, NewTokens = 4; // POPE has six questions to an image; "Yes." or a short phrase

    /// <summary>Measures, and returns the figures.</summary>
    public JsonObject Run(CancellationToken cancel)
    {
        using var model = (LlavaModel)ModelPresets.Create("small-llava", new PresetVocabulary(BenchModel.Vocabulary, ImageTokenId: BenchModel.ImageTokenId),
            1, BenchModel.Sizes);
        using var plain = new PlainLlava(model.Config, model.Parameters, torch.ScalarType.Float32);
        var folder = Directory.CreateTempSubdirectory("fovea-bench-");
        try
        {
            return Measure(model, plain, folder.FullName, cancel);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private JsonObject Measure(LlavaModel model, PlainLlava plain, string folder, CancellationToken cancel)
    {
        var (loop, fovea, ratios, equal) = (0.0, 0.0, new List<double>(), 0);
        var options = new AskingOptions { MaxNewTokens = NewTokens };
        var blocks = (questions + (PerImage * BlockImages) - 1) / (PerImage * BlockImages);
        for (var block = 0; block < blocks; block++)
        {
            cancel.ThrowIfCancellationRequested();
            var corpus = new BenchQuestions(model.Config.Vision.ImageSize, block, Math.Min(PerImage * BlockImages, questions - (block * PerImage * BlockImages)), PerImage);
            var subject = new ModelUnderTest(model, corpus, corpus);
            string[] expected = [], found = [];
            var (plainTime, time) = (new Best(), new Best());
            plainTime.Time(() => expected = [.. corpus.Samples.Select(s =>
            {
                cancel.ThrowIfCancellationRequested();
                return corpus.Decode(plain.Answer(SampleExpander.ExpandPrompt(model, s.Key, corpus.EncodePrompt(s, 1), [corpus.Image(s)]), NewTokens));
            })]);
            time.Time(() => found = [.. new QuestionRun(subject, options).Run(
                [.. corpus.Samples.Select(s => new AskedQuestion(s, corpus, [], []))], Path.Combine(folder, $"{block}"), path => path, null, cancel).Select(a => a.Answer.Text)]);
            (loop, fovea) = (loop + plainTime.Seconds, fovea + time.Seconds);
            ratios.Add(plainTime.Seconds / time.Seconds);
            equal += expected.Zip(found).Count(p => p.First == p.Second);
            notice($"block {block + 1} of {blocks}: {plainTime.Seconds:0.0} s, {time.Seconds:0.0} s");
        }

        return new JsonObject
        {
            ["over_plain_loop"] = loop / fovea,
            ["over_plain_loop_median_block"] = ratios.Order().ElementAt(ratios.Count / 2),
            ["questions"] = (double)questions,
            ["questions_per_second"] = questions / fovea,
            ["plain_questions_per_second"] = questions / loop,
            ["share_of_equal_answers"] = equal / (double)questions,
        };
    }
}
