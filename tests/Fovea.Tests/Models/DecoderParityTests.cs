using Fovea.Models.Batching;
using Fovea.Models.Checkpoints;
using Fovea.Models.Decoders;
using Fovea.Models.Families;
using Fovea.Models.Generation;
using Fovea.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Models;

/// <summary>Parity with Hugging Face Transformers in float32; tolerances are the fixtures' (see their README: they bound kernel differences).</summary>
public sealed class DecoderParityTests
{
    public DecoderParityTests() => TorchRuntime.Start(1);

    public static TheoryData<string> Cases =>
    [
        "llama_mha", "llama_gqa_tied", "llama_biases_head_dim", "llama_rope_linear", "llama_rope_llama3",
        "mistral_full", "mistral_window", "qwen2_tied", "qwen2_untied",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_hidden_state_agrees(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("decoder/" + name);
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        var output = model.Decoder.Forward(new DecoderInput { InputIds = golden["right.input_ids"], KeepHiddenStates = true });
        Assert.Equal(model.Decoder.Config.NumLayers + 1, output.HiddenStates!.Count);
        for (var i = 0; i < output.HiddenStates.Count; i++)
        {
            golden.AssertClose($"right.expected.hidden.{i}", output.HiddenStates[i], golden["right.attention_mask"]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_agree_however_rows_are_padded(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("decoder/" + name);
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        foreach (var (side, segments, hook) in new (string, bool, IAttentionHook?)[]
        {
            ("right", false, null), ("right", true, null), ("left", true, null), ("left", true, new Unchanged()), ("right", false, new Unchanged()),
        })
        {
            var ids = golden[side + ".input_ids"];
            var output = model.Decoder.Forward(new DecoderInput
            {
                InputIds = ids,
                PositionIds = golden[side + ".position_ids"],
                SegmentIds = segments ? golden[side + ".attention_mask"] : null,
                LogitPositions = Golden.Everywhere(ids),
                Hook = hook,
            });
            golden.AssertClose(side + ".expected.logits", output.Logits!.view(ids.shape[0], ids.shape[1], -1), golden[side + ".attention_mask"]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_and_gradients_agree_under_plain_prior_and_vig_weights(string name)
    {
        using var golden = new Golden("decoder/" + name);
        using var model = (TextModel)ModelFolder.Load(golden.Folder);
        golden.AssertLossesAndGradients(model, () =>
            model.Decoder.Forward(
                new DecoderInput { InputIds = golden["right.input_ids"], LogitPositions = Golden.Everywhere(golden["right.input_ids"]) }).Logits!);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Greedy_ids_agree_for_any_batch(string name)
    {
        using var golden = new Golden("decoder/" + name);
        using var model = ModelFolder.Load(golden.Folder);
        var prompts = Rows(golden["generate.input_ids"], golden["generate.attention_mask"]);
        var expected = golden.Case.GetProperty("greedy").EnumerateArray()
            .Select(r => r.EnumerateArray().Select(e => e.GetInt32()).TakeWhile(i => i != 2).ToArray()).ToArray();
        foreach (var batchSize in new[] { 1, 2, 3 })
        {
            Assert.Equal(expected, GreedyGenerator.Generate(model, prompts, 12, 2, batchSize, TestContext.Current.CancellationToken));
        }
    }

    internal static ExpandedSample[] Rows(Tensor ids, Tensor mask)
    {
        var (values, keep, width) = (Golden.Longs(ids), Golden.Longs(mask), (int)ids.shape[1]);
        return [.. Enumerable.Range(0, (int)ids.shape[0]).Select(b => new ExpandedSample(
            [.. Enumerable.Range(b * width, width).Where(i => keep[i] == 1).Select(i => (int)values[i])], [], []))];
    }

    private sealed class Unchanged : IAttentionHook
    {
        public Tensor OnScores(int layer, Tensor scores) => scores;
    }
}
