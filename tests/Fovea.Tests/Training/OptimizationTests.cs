using Fovea.Core.Errors;
using Fovea.Models.Parameters;
using Fovea.Torch;
using Fovea.Training.Optimization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fovea.Tests.Training;

public sealed class OptimizationTests
{
    public OptimizationTests() => TorchRuntime.Start(1);

    [Fact]
    public void AdamW_is_the_formula_of_its_paper_and_decays_matrices_only()
    {
        var settings = new AdamWSettings(0.9, 0.99, 1e-8, WeightDecay: 0.5);
        using var parameters = Two();
        using var optimizer = new AdamW(parameters, settings);
        double matrix = 2, vector = 2, m = 0, v = 0;
        for (var t = 1; t <= 5; t++)
        {
            SetGradient(parameters["matrix"], 0.1 * t);
            SetGradient(parameters["vector"], 0.1 * t);
            optimizer.Update(0.01, clipNorm: null);
            (m, v) = ((0.9 * m) + (0.1 * 0.1 * t), (0.99 * v) + (0.01 * 0.01 * t * t));
            var move = m / (1 - Math.Pow(0.9, t)) / (Math.Sqrt(v / (1 - Math.Pow(0.99, t))) + 1e-8);
            matrix = (matrix * (1 - (0.01 * 0.5))) - (0.01 * move);
            vector -= 0.01 * move;
        }

        Assert.Equal(matrix, parameters["matrix"][0, 0].ToDouble(), 1e-6);
        Assert.Equal(vector, parameters["vector"][0].ToDouble(), 1e-6);
    }

    [Fact]
    public void Clipping_scales_to_the_norm_and_reports_it_before()
    {
        // With beta1 = 0 the first moment is the gradient that the update saw.
        using var parameters = Two();
        using var optimizer = new AdamW(parameters, new AdamWSettings(Beta1: 0));
        SetGradient(parameters["matrix"], 3);
        SetGradient(parameters["vector"], 4);
        var norm = optimizer.Update(0, clipNorm: 1);
        Assert.Equal(Math.Sqrt((4 * 9) + (2 * 16)), norm, 1e-5);
        Assert.Equal(3 / (norm + 1e-6), optimizer.State().Single(s => s.Key == "exp_avg.matrix").Value[0, 0].ToDouble(), 1e-6);
    }

    [Fact]
    public void A_parameter_without_a_gradient_is_left_alone()
    {
        using var parameters = Two();
        using var optimizer = new AdamW(parameters, new AdamWSettings(WeightDecay: 0.5));
        SetGradient(parameters["vector"], 1);
        optimizer.Update(0.1, 1);
        Assert.Equal(2, parameters["matrix"][0, 0].ToDouble());
        var state = optimizer.State().ToDictionary();
        Assert.Equal((0, 1), (state["step.matrix"].ToDouble(), state["step.vector"].ToDouble()));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_changes_nothing(double gradient)
    {
        using var parameters = Two();
        using var optimizer = new AdamW(parameters, new AdamWSettings());
        SetGradient(parameters["vector"], gradient);
        Assert.False(double.IsFinite(optimizer.Update(0.1, 1)));
        Assert.Equal(2, parameters["vector"][0].ToDouble());
        Assert.All(optimizer.State(), s => Assert.Equal(0, s.Value.abs().sum().ToDouble()));
    }

    [Fact]
    public void A_rule_on_names_scales_the_rate()
    {
        using var parameters = Two();
        using var optimizer = new AdamW(parameters, new AdamWSettings(), n => n == "matrix" ? 0.1 : 1);
        SetGradient(parameters["matrix"], 1);
        SetGradient(parameters["vector"], 1);
        optimizer.Update(0.1, null);
        Assert.Equal((1.99, 1.9), (Math.Round(parameters["matrix"][0, 0].ToDouble(), 5), Math.Round(parameters["vector"][0].ToDouble(), 5)));
    }

    [Fact]
    public void Parameters_shorter_than_float32_are_refused()
    {
        using var parameters = new ParameterSet();
        parameters.Add("short", ones(2, dtype: ScalarType.BFloat16)).requires_grad = true;
        Assert.Contains("short", Assert.Throws<FoveaException>(() => new AdamW(parameters, new AdamWSettings())).Message, StringComparison.Ordinal);
    }

    [Theory] // Values of get_*_schedule_with_warmup for 10 steps, 2 of them warm-up.
    [InlineData(ScheduleKind.Cosine, 0, 0.0)]
    [InlineData(ScheduleKind.Cosine, 1, 0.5)]
    [InlineData(ScheduleKind.Cosine, 2, 1.0)]
    [InlineData(ScheduleKind.Cosine, 3, 0.9619397662556434)]
    [InlineData(ScheduleKind.Cosine, 6, 0.5)]
    [InlineData(ScheduleKind.Cosine, 9, 0.03806023374435663)]
    [InlineData(ScheduleKind.Linear, 1, 0.5)]
    [InlineData(ScheduleKind.Linear, 3, 0.875)]
    [InlineData(ScheduleKind.Linear, 9, 0.125)]
    [InlineData(ScheduleKind.Constant, 0, 0.0)]
    [InlineData(ScheduleKind.Constant, 9, 1.0)]
    public void Schedules_give_the_rates_of_Transformers(ScheduleKind kind, int step, double expected) =>
        Assert.Equal(expected, new Schedule(kind, 1, 10, 2).Rate(step), 1e-12);

    [Fact]
    public void The_least_ratio_is_where_the_schedule_ends()
    {
        Assert.Equal(0.1 * 3, new Schedule(ScheduleKind.Cosine, 3, 100, 0, 0.1).Rate(100), 1e-12);
        Assert.Equal(0.1 * 3, new Schedule(ScheduleKind.Linear, 3, 100, 0, 0.1).Rate(100), 1e-12);
    }

    private static ParameterSet Two()
    {
        var parameters = new ParameterSet();
        parameters.Add("matrix", full([2, 2], 2.0f)).requires_grad = true;
        parameters.Add("vector", full([2], 2.0f)).requires_grad = true;
        return parameters;
    }

    private static void SetGradient(Tensor parameter, double value) => parameter.grad = full(parameter.shape, (float)value);
}
