using Fovea.Models.Configs;
using Fovea.Models.MixedPrecision;
using Fovea.Torch;
using Fovea.Training.Memory;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>The memory plan counts what blocks really keep.</summary>
public sealed class ActivationEstimateTests
{
    public ActivationEstimateTests() => TorchRuntime.Start(1);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 128)]
    [InlineData(3, 300)]
    [InlineData(1, 511)]
    public void Attention_in_bfloat16_keeps_as_many_bytes_as_are_counted(int batch, int seq)
    {
        Compare(batch, seq, AttentionPieces.Default);
        Compare(batch, seq, AttentionPieces.Default with { MostKeptBytes = 0 });
    }

    private static void Compare(int batch, int seq, AttentionPieces pieces)
    {
        using var scope = torch.NewDisposeScope();
        var config = Config(numKeyValueHeads: 4);
        var x = torch.randn([batch * config.NumHeads, seq, config.HeadDim], torch.ScalarType.BFloat16);
        using var attention = new CausalAttention(pieces, config.NumHeads, null, x, x.alias(), x.alias());
        var kept = attention.Kept.Sum(t => t.numel() * t.element_size());
        long rest = 2L * batch * seq * ((2 * config.HiddenSize) + (2 * config.IntermediateSize)); // input and sum, gate and up
        Assert.Equal(kept, ActivationEstimate.MixedBlock(config, batch, seq, pieces) - rest);
    }

    [Fact]
    public void Without_probabilities_a_block_in_bfloat16_keeps_less_than_half_of_one_in_float32() => Assert.True(
        2 * ActivationEstimate.MixedBlock(Config(4), 2, 256, AttentionPieces.Default with { MostKeptBytes = 0 }) < 2 * 256
            * ActivationEstimate.DecoderBlock(Config(4), DType.F32));

    [Fact]
    public void Groups_of_heads_keep_their_keys_and_values_repeated() => Assert.Equal(
        ActivationEstimate.MixedBlock(Config(4), 2, 64, AttentionPieces.Default), ActivationEstimate.MixedBlock(Config(2), 2, 64, AttentionPieces.Default));

    private static DecoderConfig Config(int numKeyValueHeads) => new()
    {
        ModelType = "llama",
        VocabSize = 50,
        HiddenSize = 64,
        IntermediateSize = 96,
        NumLayers = 1,
        NumHeads = 4,
        NumKeyValueHeads = numKeyValueHeads,
        HeadDim = 16,
        MaxPositions = 512,
    };
}
